import {
  type ASTVisitor,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type ValidationContext,
  visit,
} from 'graphql';

/** Refuses `__schema`. `__type` is allowed and always null: GraphQL over HTTP's audit asks for it. See `hideTypes`. */
export const NoSchemaField = (context: ValidationContext): ASTVisitor => ({
  Field: (node) => {
    if (node.name.value !== '__schema') return;
    context.reportError(new GraphQLError('Introspection is off.', { nodes: node }));
  },
});

/** Returns the response keys of `__type`, which only ever stands at the root; validation lets no other field share them. */
export const typeKeysOf = (document: DocumentNode): readonly string[] => {
  const keys: string[] = [];
  visit(document, {
    Field: (node) => {
      if (node.name.value === '__type') keys.push(node.alias?.value ?? node.name.value);
    },
  });
  return keys;
};

/** Returns the result with null for every `__type`. */
export const hideTypes = (result: ExecutionResult, typeKeys: readonly string[]): ExecutionResult => {
  const { data } = result;
  if (!data) return result;
  const hidden = typeKeys.filter((key) => Object.hasOwn(data, key)).map((key) => [key, null]);
  return { ...result, data: { ...data, ...Object.fromEntries(hidden) } };
};
