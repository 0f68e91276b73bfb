import { type ASTVisitor, type ExecutionResult, GraphQLError, type ValidationContext, visit } from 'graphql';
import type { PreparedOperation } from './prepare.ts';

/** Refuses `__schema`. `__type` stays and knows no type: GraphQL over HTTP's audit asks for it. See `hideTypes`. */
export const NoSchemaField = (context: ValidationContext): ASTVisitor => ({
  Field: (node) => {
    if (node.name.value !== '__schema') return;
    context.reportError(new GraphQLError('Introspection is off.', { nodes: node }));
  },
});

/** Returns the result with null for every `__type`. */
export const hideTypes = (result: ExecutionResult, operation: PreparedOperation): ExecutionResult => {
  const { data } = result;
  const keys = data ? typeFieldKeys(operation).filter((key) => Object.hasOwn(data, key)) : [];
  return keys.length === 0
    ? result
    : { ...result, data: { ...data, ...Object.fromEntries(keys.map((key) => [key, null])) } };
};

const known = new WeakMap<PreparedOperation, readonly string[]>();

/** The response keys of `__type`, which only ever stands at the root; validation lets no other field share them. */
const typeFieldKeys = (operation: PreparedOperation): readonly string[] => {
  const cached = known.get(operation);
  if (cached) return cached;
  const keys: string[] = [];
  visit(operation.document, {
    Field: (node) => {
      if (node.name.value === '__type') keys.push(node.alias?.value ?? node.name.value);
    },
  });
  known.set(operation, keys);
  return keys;
};
