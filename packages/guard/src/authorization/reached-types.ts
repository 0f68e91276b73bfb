import {
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import type { FieldPlace } from './schema-rebuild.ts';

/**
 * Returns the names of the types that the shown fields lead to, from the root types and the arguments of directives. A type of which no
 * field is shown is not reached, nor is a field that returns it.
 */
export const reachedTypes = (schema: GraphQLSchema, isShown: (place: FieldPlace) => boolean): ReadonlySet<string> => {
  const empty = emptyTypes(schema, isShown);
  const reached = new Set<string>();
  const visit = (type: GraphQLNamedType): void => {
    if (reached.has(type.name) || empty.has(type.name)) return;
    reached.add(type.name);
    for (const next of leadsTo(schema, type, (place, to) => isShown(place) && !empty.has(to.name))) visit(next);
  };
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (root) visit(root);
  }
  for (const { type } of schema.getDirectives().flatMap(({ args }) => args)) visit(getNamedType(type));
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) reached.add(type.name);
  }
  return reached;
};

/** The types without a field or member, once the fields are gone that lead to such types only. */
const emptyTypes = (schema: GraphQLSchema, isShown: (place: FieldPlace) => boolean): ReadonlySet<string> => {
  const empty = new Set<string>();
  const isEmpty = (type: GraphQLNamedType): boolean => {
    if (isObjectType(type) || isInterfaceType(type)) {
      return !Object.values(type.getFields()).some(
        (field) => isShown({ type: type.name, name: field.name }) && !empty.has(getNamedType(field.type).name),
      );
    }
    return isAbstractType(type) && type.getTypes().every(({ name }) => empty.has(name));
  };
  for (let size = -1; size < empty.size; ) {
    size = empty.size;
    for (const type of Object.values(schema.getTypeMap())) if (isEmpty(type)) empty.add(type.name);
  }
  return empty;
};

const leadsTo = (
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  follows: (place: FieldPlace, to: GraphQLNamedType) => boolean,
): readonly GraphQLNamedType[] => {
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => getNamedType(field.type));
  const members = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  if (!isObjectType(type) && !isInterfaceType(type)) return members;
  const fields = Object.values(type.getFields()).filter((field) =>
    follows({ type: type.name, name: field.name }, getNamedType(field.type)),
  );
  const used: readonly GraphQLType[] = fields.flatMap(({ type: to, args }) => [to, ...args.map((arg) => arg.type)]);
  return [...members, ...type.getInterfaces(), ...used.map((each) => getNamedType(each))];
};
