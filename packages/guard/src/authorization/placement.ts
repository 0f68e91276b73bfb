import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { type Directed, directiveUses } from './directives.ts';
import { lookalikeProblems } from './lookalikes.ts';

type Place = { readonly coordinate: string; readonly element: Directed; readonly allowed: readonly string[] };

/**
 * Returns what would not be enforced where it is: `@auth` and `@public` in other places than theirs, and what reads like them and
 * is not. Every element is checked, because not every way of building a schema validates its SDL.
 */
export const placementProblems = (schema: GraphQLSchema): readonly string[] =>
  places(schema).flatMap(({ coordinate, element, allowed }) =>
    [...misplaced(element, allowed), ...lookalikeProblems(schema, element)].map((text) => `${coordinate}: ${text}`),
  );

const misplaced = (element: Directed, allowed: readonly string[]): readonly string[] =>
  ['auth', 'public']
    .filter((name) => !allowed.includes(name) && directiveUses(element, name).length > 0)
    .map((name) => `@${name} is not supported here`);

const places = (schema: GraphQLSchema): readonly Place[] => [
  { coordinate: 'schema', element: schema, allowed: [] },
  ...schema.getDirectives().flatMap(({ name, args }) => argumentPlaces(`@${name}`, args)),
  ...Object.values(schema.getTypeMap()).flatMap(typePlaces),
];

const typePlaces = (type: GraphQLNamedType): readonly Place[] => {
  const mayHaveRules = isObjectType(type) || isInterfaceType(type) || isLeafType(type);
  return [{ coordinate: type.name, element: type, allowed: mayHaveRules ? ['auth'] : [] }, ...memberPlaces(type)];
};

const memberPlaces = (type: GraphQLNamedType): readonly Place[] => {
  if (isObjectType(type) || isInterfaceType(type)) {
    return Object.values(type.getFields()).flatMap((field) => [
      { coordinate: `${type.name}.${field.name}`, element: field, allowed: ['auth', 'public'] },
      ...argumentPlaces(`${type.name}.${field.name}`, field.args),
    ]);
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => unsupported(`${type.name}.${field.name}`, field));
  }
  return isEnumType(type) ? type.getValues().map((value) => unsupported(`${type.name}.${value.name}`, value)) : [];
};

const argumentPlaces = (owner: string, args: readonly GraphQLArgument[]): readonly Place[] =>
  args.map((arg) => unsupported(`${owner}(${arg.name}:)`, arg));

const unsupported = (coordinate: string, element: Directed): Place => ({ coordinate, element, allowed: [] });
