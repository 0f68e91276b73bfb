import { batch, type Policies, type Policy } from '@fieldgate/guard';
import { batchOf } from '@fieldgate/guard/server';
import type { IResolvers } from '@graphql-tools/utils';
import { type DefinitionNode, isTypeDefinitionNode, isTypeExtensionNode, Kind } from 'graphql';
import { isRecord, type NamedMap, type ResolverFunction } from './resolver-map.ts';

/** The resolvers of the user as the schema takes them. */
export type BoundResolvers = IResolvers;

/** The context of our resolvers carries that of the user's. */
const ownOf = (context: unknown): unknown =>
  typeof context === 'object' && context !== null && 'own' in context ? context.own : undefined;

/**
 * Returns the resolver maps with every function given the user's own context. Fields of own types without a resolver get the default
 * one of graphql-js: the compiler would read the property alone, and neither call a method nor await a promise.
 */
export const bindResolvers = (
  maps: readonly NamedMap[],
  definitions: readonly DefinitionNode[],
): readonly BoundResolvers[] => [defaultsFor(definitions, maps), ...maps.map(({ map }) => bindMap(map, definitions))];

/** Unchecked cast: `checkResolvers` has looked at each of them. */
const bindMap = (map: Readonly<Record<string, unknown>>, definitions: readonly DefinitionNode[]): BoundResolvers =>
  Object.fromEntries(
    Object.entries(map).map(([type, members]) => [type, bindType(type, members, definitions)]),
  ) as BoundResolvers;

const bindType = (type: string, members: unknown, definitions: readonly DefinitionNode[]): unknown => {
  const isEnum = definitions.some((node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === type);
  if (isEnum || !isRecord(members) || Object.getPrototypeOf(members) !== Object.prototype) return members;
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, bindMember(name, member)]));
};

const bindMember = (name: string, member: unknown): unknown => {
  if (isFunction(member)) return name.startsWith('__') ? bindTypeFunction(member) : bind(member);
  if (!isRecord(member)) return member;
  return Object.fromEntries(
    Object.entries(member).map(([key, value]) => [key, isFunction(value) ? bind(value) : value]),
  );
};

const isFunction = (value: unknown): value is ResolverFunction => typeof value === 'function';

const bind =
  (resolve: ResolverFunction): ResolverFunction =>
  (parent, args, context, info) =>
    resolve(parent, args, ownOf(context), info);

/** `__resolveType(value, context, info)` and `__isTypeOf`. */
const bindTypeFunction =
  (decide: ResolverFunction) =>
  (value: unknown, context: unknown, info: unknown, type: unknown): unknown =>
    decide(value, ownOf(context), info, type);

const defaultsFor = (definitions: readonly DefinitionNode[], maps: readonly NamedMap[]): BoundResolvers => {
  const hasResolver = (type: string, field: string): boolean =>
    maps.some(({ map }) => {
      const members = map[type];
      return isRecord(members) && Object.hasOwn(members, field);
    });
  const defaults: Record<string, Record<string, ResolverFunction>> = {};
  for (const node of definitions) {
    const isObject = node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
    if (!isObject || !(isTypeDefinitionNode(node) || isTypeExtensionNode(node))) continue;
    const type = node.name.value;
    const fields = (node.fields ?? [])
      .filter(({ name }) => !hasResolver(type, name.value))
      .map(({ name }) => [name.value, createDefault(name.value)] as const);
    defaults[type] = { ...defaults[type], ...Object.fromEntries(fields) };
  }
  return defaults;
};

/** As `defaultFieldResolver` of graphql-js, with the user's own context. */
const createDefault =
  (name: string): ResolverFunction =>
  (parent, args, context, info) => {
    if ((typeof parent !== 'object' && typeof parent !== 'function') || parent === null) return undefined;
    const property: unknown = Reflect.get(parent, name);
    return isFunction(property) ? Reflect.apply(property, parent, [args, ownOf(context), info]) : property;
  };

/** Returns the policies with each given the user's own context. */
export const bindPolicies = (policies: Policies): Policies =>
  Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, bindPolicy(policy)]));

const bindPolicy = (policy: Policy): Policy => {
  const decide = batchOf(policy);
  if (decide === null) return (parent, args, context, details) => policy(parent, args, ownOf(context), details);
  return batch((parents, args, context, details) => decide(parents, args, ownOf(context), details));
};
