import {
  type ConstValueNode,
  type DocumentNode,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type TypeNode,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/**
 * Returns a function that gives the variables the form in which the compiler reads them as graphql-js does: with the defaults of those that
 * are left out. It answers null for variables that only graphql-js reads right, because one is null or missing where it has to have
 * a value or where the schema has a default for it. Null for an operation whose variables need none of this.
 */
export const createCompleteVariables = (
  schema: GraphQLSchema,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
): ((variables: Variables) => Variables | null) | null => {
  const defaults = Object.fromEntries(
    variableDefinitions.flatMap(({ variable, type, defaultValue }) =>
      defaultValue ? [[variable.name.value, defaultOf(type, defaultValue)] as const] : [],
    ),
  );
  const needed = variableDefinitions.length === 0 ? [] : [...neededVariables(schema, document)];
  if (needed.length === 0 && Object.keys(defaults).length === 0) return null;
  return (variables) => {
    const completed: Variables = { ...defaults, ...variables };
    return needed.every((name) => (completed[name] ?? null) !== null) ? completed : null;
  };
};

/** An integer is kept as its digits for an ID, which may be longer than a number is exact. */
const defaultOf = (type: TypeNode, value: ConstValueNode): unknown => {
  const exact = { IntValue: ({ value: digits }: { readonly value: string }) => ({ kind: Kind.STRING, value: digits }) };
  return valueFromASTUntyped(nameOf(type) === 'ID' ? visit(value, exact) : value);
};

const nameOf = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type));

/** The variables that stand where null is not allowed, where a default takes their place, or inside a list or an object. */
const neededVariables = (schema: GraphQLSchema, document: DocumentNode): ReadonlySet<string> => {
  const needed = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Variable: ({ name }, _key, parent) => {
        const isWhole = parent !== undefined && 'kind' in parent && parent.kind === Kind.ARGUMENT;
        const isFree = isWhole && !isNonNullType(types.getInputType()) && !hasDefault(types);
        if (!isFree) needed.add(name.value);
      },
    }),
  );
  return needed;
};

const hasDefault = (types: TypeInfo): boolean => types.getArgument()?.default !== undefined;
