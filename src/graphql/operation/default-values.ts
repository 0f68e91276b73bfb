import {
  coerceInputLiteral,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';

/**
 * Adds its value to each default that SDL gives as a literal, which graphql-js goes on reading. The compiler knows values alone: to
 * it `first: Int = 20` would have no default. Changes the schema; call it before anything is executed.
 */
export const completeDefaults = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach(complete);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) field.args.forEach(complete);
  }
  return schema;
};

const complete = (input: GraphQLArgument | GraphQLInputField): void => {
  const { literal } = input.default ?? {};
  if (literal === undefined) return;
  Object.assign(input, { default: { literal, value: coerceInputLiteral(literal, input.type) } });
};
