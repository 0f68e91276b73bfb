import {
  type DefinitionNode,
  GraphQLScalarType,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  version,
} from 'graphql';
import { didYouMean } from '../../domain/did-you-mean.ts';
import { membersOf, type OurTypes, rootTypes } from './definitions.ts';
import { type Problem, placeOf } from './sdl.ts';

export type ResolverFunction = (parent: unknown, args: unknown, context: unknown, info: unknown) => unknown;
export type FieldResolver =
  | ResolverFunction
  | { readonly subscribe: ResolverFunction; readonly resolve?: ResolverFunction };
type Members = Readonly<Record<string, unknown>>;

/** A resolver map, and the words that problems name it by. */
export type NamedMap = { readonly name: string; readonly map: Members };

type OwnType = { kind: Kind; readonly members: Map<string, string> };

/** What `__` names a resolver map may have beside fields. */
const typeFunctions: readonly string[] = ['__resolveType', '__isTypeOf'];

/** Returns what is wrong with the resolvers: missing, for nothing, twice, or in the place of ours. */
export const checkResolvers = (
  maps: readonly NamedMap[],
  definitions: readonly DefinitionNode[],
  ours: OurTypes,
): readonly Problem[] => {
  const own = readOwnTypes(definitions);
  const given = new Map<string, string>();
  const problems = maps.flatMap(({ name, map }) =>
    Object.entries(map).flatMap(([type, members]) => {
      const where = `${name}.${type}`;
      const ourType = ours.get(type);
      const ownType = own.get(type);
      if (!ourType && !ownType) {
        return [`${where}: there is no such type.${didYouMean(type, [...own.keys(), ...ours.keys()])}`];
      }
      if (!isRecord(members)) return [`${where}: must be an object with one function for each field.`];
      if (isGraphQLObject(members)) return leafProblems(where, { members, kind: ownType?.kind, isOurs: !!ourType });
      return Object.entries(members).flatMap(([field, resolver]) => {
        const coordinate = `${type}.${field}`;
        const first = given.get(coordinate);
        given.set(coordinate, first ?? name);
        return first === undefined
          ? fieldProblems(`${where}.${field}`, { type, field, resolver, ourType, ownType })
          : [
              `${where}.${field}: has another resolver in ${first}. Remove one: which of them runs would depend on the order.`,
            ];
      });
    }),
  );
  return [...problems, ...missingResolvers(own, ours, given)];
};

const readOwnTypes = (definitions: readonly DefinitionNode[]): ReadonlyMap<string, OwnType> => {
  const types = new Map<string, OwnType>();
  for (const node of definitions) {
    if (!isTypeDefinitionNode(node) && !isTypeExtensionNode(node)) continue;
    const type = types.get(node.name.value) ?? { kind: node.kind, members: new Map<string, string>() };
    if (isTypeDefinitionNode(node)) type.kind = node.kind;
    for (const member of membersOf(node)) type.members.set(member.value, placeOf(member));
    types.set(node.name.value, type);
  }
  return types;
};

type LeafToCheck = { readonly members: Members; readonly kind: Kind | undefined; readonly isOurs: boolean };

/** A scalar of graphql-js. One that another copy of graphql has made fails wherever it is used. */
const leafProblems = (where: string, { members, kind, isOurs }: LeafToCheck): readonly Problem[] => {
  if (isOurs) return [`${where}: is Fieldgate's and cannot be replaced. Remove it.`];
  if (kind === Kind.SCALAR_TYPE_DEFINITION && members instanceof GraphQLScalarType) return [];
  if (kind === Kind.SCALAR_TYPE_DEFINITION && graphqlKindOf(members) === 'GraphQLScalarType') {
    return [
      `${where}: was made by another copy of the graphql package than Fieldgate's (${version}). Run npm ls graphql, and keep one.`,
    ];
  }
  return [
    `${where}: is an object of graphql-js that does not fit the type in the SDL. Give a GraphQLScalarType for a scalar, functions for all others.`,
  ];
};

type FieldToCheck = {
  readonly type: string;
  readonly field: string;
  readonly resolver: unknown;
  readonly ourType: { readonly members: ReadonlySet<string> } | undefined;
  readonly ownType: OwnType | undefined;
};

const fieldProblems = (
  where: string,
  { type, field, resolver, ourType, ownType }: FieldToCheck,
): readonly Problem[] => {
  if (ourType?.members.has(field))
    return [`${where}: Fieldgate's resolver cannot be replaced. Remove it; add a field of your own instead.`];
  if (typeFunctions.includes(field)) return typeFunctionProblems(where, { resolver, isOurs: ourType !== undefined });
  const members = [...(ownType?.members.keys() ?? []), ...(ourType?.members ?? [])];
  if (!ownType?.members.has(field))
    return [`${where}: there is no such field in the schema.${didYouMean(field, members)}`];
  if (ownType.kind === Kind.ENUM_TYPE_DEFINITION) return [];
  if (type === 'Subscription') {
    const isStream = isRecord(resolver) && typeof resolver['subscribe'] === 'function';
    return isStream ? [] : [`${where}: must be { subscribe }, a function that returns an async iterator.`];
  }
  return typeof resolver === 'function' ? [] : [`${where}: must be a function (parent, args, context, info).`];
};

const typeFunctionProblems = (
  where: string,
  { resolver, isOurs }: { readonly resolver: unknown; readonly isOurs: boolean },
): readonly Problem[] => {
  if (isOurs) return [`${where}: belongs to Fieldgate's type. Remove it.`];
  return typeof resolver === 'function' ? [] : [`${where}: must be a function.`];
};

/** Without a resolver, a root field is always null, and a field of our types reads what our objects have inside. */
const missingResolvers = (
  own: ReadonlyMap<string, OwnType>,
  ours: OurTypes,
  given: ReadonlyMap<string, string>,
): readonly Problem[] =>
  [...own].flatMap(([type, { kind, members }]) => {
    const isObject = kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.OBJECT_TYPE_EXTENSION;
    if (!isObject || !(rootTypes.includes(type) || ours.has(type))) return [];
    return [...members]
      .filter(([field]) => !given.has(`${type}.${field}`) && !ours.get(type)?.members.has(field))
      .map(([field, place]) => `${place}: ${type}.${field}: has no resolver. Add resolvers.${type}.${field}.`);
  });

export const isRecord = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By its mark, not by `instanceof`: it may come from another copy of graphql. */
const isGraphQLObject = (value: object): boolean => graphqlKindOf(value).startsWith('GraphQL');

const graphqlKindOf = (value: object): string => Object.prototype.toString.call(value).slice('[object '.length, -1);
