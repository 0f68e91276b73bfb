import { type ASTVisitor, type DocumentNode, GraphQLError, type ValidationContext, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Messages about misspelt names and values suggest nothing: what they would suggest is what the schema holds. */
export const useNoSuggestions = (): Plugin => ({
  onValidate:
    () =>
    ({ result, setResult }) => {
      if (result.length > 0) setResult(result.map(withoutSuggestion));
    },
  onExecute: () => ({
    onExecuteDone: ({ result }) => {
      if (!(Symbol.asyncIterator in result)) result.errors?.forEach(withoutSuggestion);
    },
  }),
});

/**
 * Keeps the schema to itself: `__schema` is refused, `__type` knows no type. (It answers null as it does for a name that
 * is none: GraphQL over HTTP's own audit asks for it.)
 */
export const useHiddenSchema = (): Plugin => ({
  onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaField),
  onExecute: ({ args }) => {
    const keys = typeFieldKeys(args.document);
    if (keys.length === 0) return {};
    return {
      onExecuteDone: ({ result, setResult }) => {
        if (Symbol.asyncIterator in result || !result.data) return;
        const { data } = result;
        const hidden = keys.filter((key) => Object.hasOwn(data, key)).map((key) => [key, null]);
        setResult({ ...result, data: { ...data, ...Object.fromEntries(hidden) } });
      },
    };
  },
});

const NoSchemaField = (context: ValidationContext): ASTVisitor => ({
  Field: (node) => {
    if (node.name.value !== '__schema') return;
    context.reportError(new GraphQLError('Introspection is switched off.', { nodes: node }));
  },
});

const known = new WeakMap<DocumentNode, readonly string[]>();

/** The response keys of `__type`, which only ever stands at the root; validation lets no other field share them. */
const typeFieldKeys = (document: DocumentNode): readonly string[] => {
  const cached = known.get(document);
  if (cached) return cached;
  const keys: string[] = [];
  visit(document, {
    Field: (node) => {
      if (node.name.value === '__type') keys.push(node.alias?.value ?? node.name.value);
    },
  });
  known.set(document, keys);
  return keys;
};

const withoutSuggestion = <Problem extends { message: string }>(problem: Problem): Problem => {
  problem.message = problem.message.replace(/ ?Did you mean [^?]*\?(?: Or [^?]*\?)?/g, '');
  return problem;
};
