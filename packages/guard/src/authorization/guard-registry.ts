import { type GraphQLSchema, isObjectType } from 'graphql';
import { SchemaRulesError } from './errors.ts';
import { createPlanner, type Planner } from './plan.ts';
import type { PolicyRunner } from './policies.ts';
import type { SchemaRules } from './rules.ts';

/** What `guardSchema` knows of the schema that it makes. */
type GuardedRules = SchemaRules & { readonly policies: PolicyRunner };

/** What is known about a guarded schema. */
export type Guard = GuardedRules & { readonly planFor: Planner };

/**
 * The key in `extensions` of the query type and of each field with a rule. A string on a type, because graphql 16 drops
 * symbols, and the extensions of the schema itself, when it extends a schema.
 */
const guardKey = '@fieldgate/guard';

/** Frozen and empty: it can be compared, and nothing about the guard can be read or changed through it. */
type Mark = Readonly<Record<string, never>>;

/** The rules of all marks that this module has made. A mark from anywhere else means nothing. */
const rulesByMark = new WeakMap<object, GuardedRules>();

/**
 * The schemas in which `guardOf` has found all guarded fields. A guarded schema that was transformed is another schema with the
 * same rules, so each has a planner.
 */
const verified = new WeakMap<GraphQLSchema, Guard>();

/** Returns the mark for the query type of a guarded schema and for its fields with a rule. */
export const createMark = (rules: GuardedRules): Mark => {
  const mark: Mark = Object.freeze({});
  rulesByMark.set(mark, rules);
  return mark;
};

type Extensions = Readonly<Record<PropertyKey, unknown>>;

/** Returns the extensions of a type or field with the mark added. */
export const withMark = (extensions: Extensions | null | undefined, mark: Mark): Extensions => ({
  ...extensions,
  [guardKey]: mark,
});

/**
 * Returns the guard of a schema made by `guardSchema`, or made from one by extending or transforming it. Null for any other,
 * also for one whose extensions were copied from a guarded schema: each field with a rule must have the mark too, which it gets
 * together with its wrapped resolver.
 */
export const guardOf = (schema: GraphQLSchema): Guard | null => {
  const known = verified.get(schema);
  if (known) return known;
  const mark = schema.getQueryType()?.extensions[guardKey];
  const schemaRules = isObject(mark) ? rulesByMark.get(mark) : undefined;
  if (schemaRules === undefined || !areAllMarked(schema, schemaRules, mark)) return null;
  const guard = { ...schemaRules, planFor: createPlanner(schema, schemaRules) };
  verified.set(schema, guard);
  return guard;
};

/** Returns the guard of a schema. Throws `SchemaRulesError` if `guardOf` finds none. */
export const requireGuard = (schema: GraphQLSchema): Guard => {
  const guard = guardOf(schema);
  if (guard === null) throw new SchemaRulesError(['schema: was not made by guardSchema']);
  return guard;
};

const areAllMarked = (schema: GraphQLSchema, { rules }: SchemaRules, mark: unknown): boolean =>
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) =>
      Object.values(type.getFields()).map((field) => ({ coordinate: `${type.name}.${field.name}`, field })),
    )
    .every(({ coordinate, field }) => !rules.has(coordinate) || field.extensions[guardKey] === mark);

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
