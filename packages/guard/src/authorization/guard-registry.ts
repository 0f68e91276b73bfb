import {
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { requireOurGraphQL, thisCopy } from './copies.ts';
import { SchemaRulesError } from './errors.ts';
import type { GuardOptions } from './guard-options.ts';
import { createPlanner, type Planner } from './plan.ts';
import type { PolicyRunner } from './policies.ts';
import type { GuardMode } from './report.ts';
import type { Clock } from './rule-denial.ts';
import { readRules, type SchemaRules } from './rules.ts';

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** The functions that `guardSchema` put on a field. No `subscribe`: it put none there. */
export type GuardedFunctions = {
  readonly resolve: Resolver;
  readonly subscribe?: Resolver;
  /** Returns the resolver with the guard of the field before it. */
  readonly guardAgain: (resolve: Resolver) => Resolver;
};

/** What `guardSchema` knows of the schema that it makes. */
type GuardedRules = SchemaRules & {
  readonly mode: GuardMode;
  readonly policies: PolicyRunner;
  readonly onDecision: GuardOptions['onDecision'];
  readonly clock: Clock;
  /** By coordinate: every field with a rule, and those that return an object whose type has one. */
  readonly guarded: ReadonlyMap<string, GuardedFunctions>;
};

/** What is known about a guarded schema. */
export type Guard = GuardedRules & { readonly planFor: Planner };

/**
 * The key in `extensions` of the query type. A string on a type, because graphql 16 drops symbols, and the extensions of the
 * schema itself, when it extends a schema.
 */
const guardKey = '@fieldgate/guard';

/** The key of the version and place of the copy of this package that made the mark. */
const copyKey = '@fieldgate/guard/copy';

/** Frozen and empty: it can be compared, and nothing about the guard can be read or changed through it. */
type Mark = Readonly<Record<string, never>>;

/** The rules of all marks that this module has made. A mark from anywhere else means nothing. */
const rulesByMark = new WeakMap<object, GuardedRules>();

/** Every function that `guardSchema` has put on a field, and the coordinate of that field. */
const coordinates = new WeakMap<object, string>();

/**
 * The schemas in which `guardOf` has found all guarded functions. A guarded schema that was transformed is another schema with
 * the same rules, so each has a planner.
 */
const verified = new WeakMap<GraphQLSchema, Guard>();

/** The schemas that guarded functions run on: those made by `guardSchema`, and the verified ones. */
const runnable = new WeakSet<GraphQLSchema>();

/** Returns the mark for the query type of a guarded schema. */
export const createMark = (rules: GuardedRules): Mark => {
  const mark: Mark = Object.freeze({});
  rulesByMark.set(mark, rules);
  return mark;
};

type Extensions = Readonly<Record<PropertyKey, unknown>>;

/** Returns the extensions of a query type with the mark added. */
export const withMark = (extensions: Extensions | null | undefined, mark: Mark): Extensions => ({
  ...extensions,
  [guardKey]: mark,
  [copyKey]: thisCopy(),
});

/** Returns the problem of a schema that was guarded by another copy of this package, null for any other. */
export const otherCopyOf = (schema: GraphQLSchema): string | null => {
  const { [guardKey]: mark, [copyKey]: copy } = schema.getQueryType()?.extensions ?? {};
  if (!isObject(mark) || rulesByMark.has(mark) || typeof copy !== 'string') return null;
  return `schema: was guarded by another copy of @fieldgate/guard, ${copy}, and this one is ${thisCopy()}. The two know nothing of each other: install one version for all`;
};

/** Remembers that this function guards the field with this coordinate, and returns it. */
export const rememberGuarded = <Guarded extends object>(guarded: Guarded, coordinate: string): Guarded => {
  coordinates.set(guarded, coordinate);
  return guarded;
};

/** Makes a schema whose guarded functions are in place one that they run on, and keeps them in place. */
export const seal = (schema: GraphQLSchema, { guarded }: Pick<GuardedRules, 'guarded'>): GraphQLSchema => {
  for (const { coordinate, field, fields } of fieldsOf(schema)) {
    if (!guarded.has(coordinate) || !Object.isExtensible(field)) continue;
    for (const key of Object.keys(field)) {
      // `resolve` stays one that `guardInstrumented` can make settable.
      Object.defineProperty(field, key, { writable: false, configurable: key === 'resolve' });
    }
    Object.preventExtensions(field);
    Object.freeze(fields);
  }
  runnable.add(schema);
  return schema;
};

/**
 * Lets a server set the resolvers of a guarded schema while it runs: Apollo Server wraps them to tell its plug-ins of each field.
 * Each one that is set is guarded anew, whatever it calls.
 */
export const guardInstrumented = (schema: GraphQLSchema): void => {
  const { guarded } = requireGuard(schema);
  if (instrumented.has(schema)) return;
  instrumented.add(schema);
  for (const { coordinate, field } of fieldsOf(schema)) {
    const functions = guarded.get(coordinate);
    if (functions === undefined) continue;
    let current = functions.resolve;
    Object.defineProperty(field, 'resolve', {
      get: () => current,
      set: (resolve: Resolver) => {
        current = functions.guardAgain(resolve);
      },
      configurable: false,
    });
  }
};

const instrumented = new WeakSet<GraphQLSchema>();

/**
 * Returns the guard of a schema made by `guardSchema`, or made from one by extending or transforming it. Null for any other,
 * also for one whose guarded functions were replaced, or that got new rules.
 */
export const guardOf = (schema: GraphQLSchema): Guard | null => {
  const guard = findGuard(schema);
  return 'problems' in guard ? null : guard;
};

/** Returns the guard of a schema. Throws `SchemaRulesError` with the coordinates if `guardOf` finds none. */
export const requireGuard = (schema: GraphQLSchema): Guard => {
  const guard = findGuard(schema);
  if ('problems' in guard) throw new SchemaRulesError(guard.problems);
  return guard;
};

const findGuard = (schema: GraphQLSchema): Guard | { readonly problems: readonly string[] } => {
  const known = verified.get(schema);
  if (known) return known;
  requireOurGraphQL(schema);
  const mark = schema.getQueryType()?.extensions[guardKey];
  const schemaRules = isObject(mark) ? rulesByMark.get(mark) : undefined;
  if (schemaRules === undefined) {
    return { problems: [otherCopyOf(schema) ?? 'schema: was not made by guardSchema'] };
  }
  const problems = [...changedFields(schema, schemaRules), ...addedRules(schema, schemaRules)];
  if (problems.length > 0) return { problems };
  const guard = { ...schemaRules, planFor: createPlanner(schema, schemaRules) };
  verified.set(schema, guard);
  seal(schema, schemaRules);
  return guard;
};

/** The fields whose functions are not those that `guardSchema` made for them. */
const changedFields = (schema: GraphQLSchema, { guarded }: GuardedRules): readonly string[] =>
  fieldsOf(schema).flatMap(({ coordinate, field }) => {
    const expected = guarded.get(coordinate);
    if (expected) {
      const { resolve, subscribe = field.subscribe } = expected;
      const isOwn = field.resolve === resolve && field.subscribe === subscribe;
      return isOwn ? [] : [`${coordinate}: its resolver was set after guardSchema. Set resolvers first and guard last`];
    }
    const other = guardedOn(field);
    return other === undefined
      ? []
      : [`${coordinate}: has the guarded resolver of ${other}. Rename and merge first and guard last`];
  });

/** Returns the coordinate of the field that a function on this field was made for. */
const guardedOn = ({ resolve, subscribe }: GraphQLField<unknown, unknown>): string | undefined =>
  (resolve && coordinates.get(resolve)) ?? (subscribe && coordinates.get(subscribe));

const addedRules = (schema: GraphQLSchema, { roles, rules, mode, exposeRequired }: GuardedRules): readonly string[] => {
  try {
    const names = { roles, hasPolicy: () => true, allowUndecided: mode === 'report', exposeRequired };
    return [...readRules(schema, names).rules.values()]
      .filter((rule) => JSON.stringify(rule) !== JSON.stringify(rules.get(rule.coordinate)))
      .map(({ coordinate }) => `${coordinate}: its rule was added after guardSchema`);
  } catch (error) {
    if (error instanceof SchemaRulesError) return error.problems;
    throw error;
  }
};

/** Returns whether any field of the schema has a function that `guardSchema` made. */
export const hasGuardedFields = (schema: GraphQLSchema): boolean =>
  fieldsOf(schema).some(({ field }) => guardedOn(field) !== undefined);

type FieldOfSchema = {
  readonly coordinate: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly fields: object;
};

const fieldsOf = (schema: GraphQLSchema): readonly FieldOfSchema[] =>
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) => {
      const fields = type.getFields();
      return Object.values(fields).map((field) => ({ coordinate: `${type.name}.${field.name}`, field, fields }));
    });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * Returns a function that throws what `refuse` throws unless a guarded function runs on a schema that was checked. A schema made
 * from a guarded one may have lost other guarded functions, which cannot say so themselves.
 */
export const createSchemaCheck = (refuse: (context: unknown) => never) => {
  // One comparison for each field that is resolved: an operation runs on one schema.
  let last: GraphQLSchema | null = null;
  return ({ schema }: GraphQLResolveInfo, context: unknown): void => {
    if (schema === last) return;
    if (!runnable.has(schema)) refuse(context);
    last = schema;
  };
};
