import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import {
  defaultFieldResolver,
  type GraphQLAbstractType,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import { guardAbstractType } from './abstract-types.ts';
import type { Check, CheckOf, Place } from './check.ts';
import { createEdges, type ReadNode } from './edges.ts';
import { type CheckDeps, createCheck, guardField } from './field-guard.ts';
import { hideUnless, withoutField, withoutObjects } from './hiding.ts';
import { createObjectGuard, hidden } from './object-guard.ts';
import type { SchemaRules } from './rules.ts';
import type { FieldPlace } from './schema-rebuild.ts';
import { isEdgeType, isGuardedField, needsObjectGuard, noParts, type RuleParts } from './type-rules.ts';

type Field = GraphQLFieldConfig<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;
type Layer = (resolve: Resolver, type: GraphQLOutputType, place: FieldPlace) => Resolver;

/** `tellsHidden`: whether `onDenied` is told of what is hidden too. */
type SchemaGuardOptions = CheckDeps & { readonly tellsHidden?: boolean };

/**
 * Returns what guards the fields and the abstract types of one schema; both return undefined for what needs no guard. Around a resolver stand, from the
 * inside out: what looks at the objects it returns, what asks for the objects it is called on, what hides the objects, what hides the
 * field, and the field's own rule.
 */
export const createSchemaGuard = (schema: GraphQLSchema, schemaRules: SchemaRules, options: SchemaGuardOptions) => {
  const { parts, types } = schemaRules;
  const checkOf = createCheckOf(options);
  const edges = createEdges();
  const objects = createObjectGuard({ schema, types, checkOf, peekAtNode: edges.peek });
  const subscriptions = schema.getSubscriptionType()?.name;
  const layers: readonly Layer[] = [
    createObjectLayer({ schema, schemaRules, checkOf, edges, objects }),
    createParentLayer({ schema, schemaRules, checkOf, objects }),
    createHidingLayer({ schema, schemaRules, checkOf }),
    (resolve, type, place) => {
      const { filter } = parts.get(`${place.type}.${place.name}`) ?? noParts;
      return filter === null ? resolve : hideUnless(checkOf(filter, 'filter'), resolve, () => withoutField(type));
    },
  ];
  const guard = (field: Field, place: FieldPlace): Field | undefined => {
    const coordinate = `${place.type}.${place.name}`;
    if (!isGuardedField(schema, schemaRules, { coordinate, type: field.type })) return undefined;
    const inner: Resolver = field.resolve ?? defaultFieldResolver;
    const resolve = layers.reduce((resolver, layer) => layer(resolver, field.type, place), inner);
    const isSubscription = place.type === subscriptions;
    const guarded = {
      ...field,
      resolve,
      ...(isSubscription && { subscribe: field.subscribe ?? defaultFieldResolver }),
    };
    const { error } = parts.get(coordinate) ?? noParts;
    return error === null ? guarded : guardField(guarded, error, { ...options, isSubscription });
  };
  const abstractType = (type: GraphQLAbstractType): GraphQLAbstractType | undefined =>
    guardAbstractType(type, { schema, types, recall: objects.recall, clock: options.clock });
  return { field: guard, abstractType };
};

/** What is hidden is reported to nobody, unless asked for: it is how the schema is meant to look to this caller. */
const createCheckOf =
  (options: SchemaGuardOptions): CheckOf =>
  (rule, part) =>
    createCheck(rule, part === 'error' || options.tellsHidden ? options : { ...options, onDenied: undefined });

type LayerDeps = {
  readonly schema: GraphQLSchema;
  readonly schemaRules: SchemaRules;
  readonly checkOf: CheckOf;
};
type ObjectDeps = LayerDeps & { readonly objects: ReturnType<typeof createObjectGuard> };

/** Looks at the objects that a field returns. */
const createObjectLayer =
  ({
    schema,
    schemaRules,
    checkOf,
    edges,
    objects,
  }: ObjectDeps & { readonly edges: ReturnType<typeof createEdges> }): Layer =>
  (resolve, type, place) => {
    const { parts, types } = schemaRules;
    if (!needsObjectGuard(schema, types, type)) return resolve;
    const complete = (value: unknown, at: Place): MaybePromise<unknown> => objects.complete(type, value, at);
    const parent = schema.getType(place.type);
    const isNode = isObjectType(parent) && place.name === 'node' && isEdgeType(parent);
    if (isNode) {
      const read: ReadNode = (edge, at) => complete(resolve(edge, {}, at.context, at.info), at);
      edges.add(parent, afterChecks(checksOf(parts.get(`${place.type}.node`), checkOf), read));
    }
    const finish = (value: unknown): unknown => (value === hidden ? withoutField(type) : value);
    return (source, args, context, info) => {
      const peeked = isNode ? edges.recall(source, context) : undefined;
      const completed = peeked ? peeked.node : complete(resolve(source, args, context, info), { context, info });
      return isPromise(completed) ? completed.then(finish) : finish(completed);
    };
  };

const checksOf = ({ error, filter }: RuleParts = noParts, checkOf: CheckOf): readonly Check[] => [
  ...(error ? [checkOf(error, 'error')] : []),
  ...(filter ? [checkOf(filter, 'filter')] : []),
];

/** The rules of the field `node` come before its resolver here too. */
const afterChecks =
  ([check, ...others]: readonly Check[], read: ReadNode): ReadNode =>
  (edge, at) => {
    if (check === undefined) return read(edge, at);
    const checked = check(edge, {}, at.context, at.info);
    const next = afterChecks(others, read);
    return isPromise(checked) ? checked.then(() => next(edge, at)) : next(edge, at);
  };

/**
 * Asks the policies of the object's type, if nobody has: an object that came some other way than through a guarded field is decided
 * about by each of its fields.
 */
const createParentLayer =
  ({ schema, schemaRules, checkOf, objects }: ObjectDeps): Layer =>
  (resolve, type, place) => {
    const { error, filter } = schemaRules.types.get(place.type) ?? noParts;
    const isRoot = rootNames(schema).includes(place.type);
    if (isRoot || [error, filter].every((rule) => (rule?.policies.length ?? 0) === 0)) return resolve;
    const shown: Resolver =
      filter === null ? resolve : hideUnless(checkOf(filter, 'filter'), resolve, () => withoutField(type));
    const check = error && checkOf(error, 'error');
    return (source, args, context, info) => {
      if (objects.hasPassed(place.type, source, context)) return resolve(source, args, context, info);
      const checked = check?.(source, {}, context, info);
      return isPromise(checked)
        ? checked.then(() => shown(source, args, context, info))
        : shown(source, args, context, info);
    };
  };

/**
 * Hides what a field returns where the caller alone decides, before the resolver runs. A root field of a mutation or subscription
 * runs all the same: its effects are not hidden.
 */
const createHidingLayer =
  ({ schema, schemaRules, checkOf }: LayerDeps): Layer =>
  (resolve, type, place) => {
    const named = getNamedType(type);
    const { error, filter } = schemaRules.types.get(named.name) ?? noParts;
    // A policy with an error is asked for each object first, and of lists in a list each has its own elements.
    if (filter === null || (error?.policies.length ?? 0) > 0) return resolve;
    if (!isLeafType(named) && isListOfLists(type)) return resolve;
    const check = checkOf(isLeafType(named) ? filter : { ...filter, policies: [] }, 'filter');
    const instead = () => withoutObjects(type);
    const [, ...effectful] = rootNames(schema);
    if (!effectful.includes(place.type)) return hideUnless(check, resolve, instead);
    return (source, args, context, info) => {
      const finish = (value: unknown) => hideUnless(check, () => value, instead)(source, args, context, info);
      const value = resolve(source, args, context, info);
      return isPromise(value) ? value.then(finish) : finish(value);
    };
  };

const isListOfLists = (type: GraphQLOutputType): boolean => {
  const list = getNullableType(type);
  return isListType(list) && isListType(getNullableType(list.ofType));
};

/** The names of the types of queries, mutations and subscriptions. */
const rootNames = (schema: GraphQLSchema): readonly (string | undefined)[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].map((type) => type?.name);
