import {
  type DocumentNode,
  type FieldNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isSpecifiedScalarType,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * Whether the compiler does exactly what graphql-js does. Queries only, whose variables are plain values: the compiler leaves out
 * defaults inside input objects, and a mutation spends its time elsewhere.
 */
export const isCompilable = (
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, variableDefinitions = [] }: OperationDefinitionNode,
): boolean =>
  operation === OperationTypeNode.QUERY &&
  variableDefinitions.every(({ type }) => isLeafType(getNamedType(typeFromAST(schema, type as NamedTypeNode)))) &&
  !namesObjectMember(document) &&
  selectsPlainFields(schema, document);

/**
 * The compiler writes names into code as properties of plain objects, so a name that every object has (`$constructor`, `toString: id`)
 * would be read from the prototype.
 */
const namesObjectMember = (document: DocumentNode): boolean => {
  let found = false;
  visit(document, {
    Name: ({ value }) => {
      found ||= value in Object.prototype;
    },
  });
  return found;
};

/**
 * The compiler awaits neither `resolveType` nor `isTypeOf`, and writes the values of arguments into code as JSON, which would take the
 * class from what a scalar has parsed.
 */
const selectsPlainFields = (schema: GraphQLSchema, document: DocumentNode): boolean => {
  const types = new TypeInfo(schema);
  let plain = true;
  const Field = (_node: FieldNode): void => {
    const type = getNamedType(types.getType());
    const args = types.getFieldDef()?.args ?? [];
    plain &&= !(isAbstractType(type) || isAbstractType(types.getParentType()));
    plain &&= !(isObjectType(type) && type.isTypeOf);
    plain &&= args.every((arg) => isPlainInput(arg.type, []));
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return plain;
};

/** What DateTime has inside is a number. */
const plainScalars: readonly string[] = ['DateTime'];

const isPlainInput = (type: GraphQLInputType, within: readonly string[]): boolean => {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues().every(({ name, value }) => name === value);
  if (!isInputObjectType(named)) return isSpecifiedScalarType(named) || plainScalars.includes(named.name);
  if (within.includes(named.name)) return true;
  return Object.values(named.getFields()).every((field) => isPlainInput(field.type, [...within, named.name]));
};
