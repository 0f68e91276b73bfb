import {
  assertValidSchema,
  defaultFieldResolver,
  type GraphQLNamedType,
  GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { GuardError } from '../domain/errors.ts';
import { SchemaRulesError, toGraphQLError } from './errors.ts';
import { type OnFault, tellFault } from './faults.ts';
import type { CheckDeps } from './field-guard.ts';
import { placeWarnings } from './filter-places.ts';
import { checkGuardOptions, type GuardOptions } from './guard-options.ts';
import {
  createMark,
  createSchemaCheck,
  type GuardedFunctions,
  guardOf,
  hasGuardedFields,
  otherCopyOf,
  rememberGuarded,
  requireGuard,
  seal,
  withMark,
} from './guard-registry.ts';
import { createPolicyRunner } from './policies.ts';
import { hasOwnFunction } from './policy-use.ts';
import { type GuardMode, reportField, reporting } from './report.ts';
import { readRules, type SchemaRules } from './rules.ts';
import { createSchemaGuard } from './schema-guard.ts';
import { type Field, type FieldPlace, rebuildSchema } from './schema-rebuild.ts';
import { endableField } from './stream-source.ts';

/**
 * Returns a copy of the schema in which every field with a rule checks it before it is resolved or subscribed to. Throws one
 * `SchemaRulesError` that lists everything that would not be enforced, so such a schema is never served.
 * The copy protects itself: executed without `useFieldgate` or `runAs`, every caller is anonymous. Call it last, after resolvers
 * and transforms: a schema made from the copy is checked by `useFieldgate`, `admit` and `assertGuarded`, and until then its
 * guarded fields refuse to run.
 *
 * @example
 * const roles = ['USER', 'ADMIN'];
 * const schema = guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers }), {
 *   roles,
 *   policies: {
 *     ownsOrder: (order: Order, _args, context) => {
 *       const viewer = viewerOf(context);
 *       return viewer.kind === 'account' && viewer.id === order.ownerId;
 *     },
 *   },
 * });
 */
export const guardSchema = (schema: GraphQLSchema, options: GuardOptions = {}): GraphQLSchema => {
  const { policies = {}, roles, mode = 'enforce', exposeRequired, clock = Date.now } = options;
  checkGuardOptions(schema, options);
  const copy = otherCopyOf(schema);
  if (copy !== null) throw new SchemaRulesError([copy]);
  if (guardOf(schema) !== null || hasGuardedFields(schema)) {
    throw new SchemaRulesError([
      'schema: is guarded already. Call guardSchema once, after everything that changes the schema',
    ]);
  }
  assertValidSchema(schema);
  const hasPolicy = (name: string): boolean => hasOwnFunction(policies, name);
  const schemaRules = readRules(schema, { roles, hasPolicy, allowUndecided: mode === 'report', exposeRequired });
  const guarded = new Map<string, GuardedFunctions>();
  const runner = createPolicyRunner(options);
  const mark = createMark({ ...schemaRules, policies: runner, onDecision: options.onDecision, mode, guarded, clock });
  const guard = createGuard(schema, schemaRules, { mode, onDenied: options.onDenied, policies: runner, clock });
  const subscriptions = schema.getSubscriptionType()?.name;
  const isQuery = (type: GraphQLNamedType): type is GraphQLObjectType => type === schema.getQueryType();
  const result = rebuildSchema(schema, {
    type: (type) =>
      isQuery(type)
        ? new GraphQLObjectType({ ...type.toConfig(), extensions: withMark(type.extensions, mark) })
        : guard.type(type),
    field: (field, place) => {
      const coordinate = `${place.type}.${place.name}`;
      if (!isObjectType(schema.getType(place.type))) return field;
      const isSubscription = place.type === subscriptions;
      const changed = guard.field(field, place);
      if (changed === undefined) return isSubscription ? endableField(field) : field;
      const guardAgain = (resolve: Resolver): Resolver => {
        const again = guard.field({ ...field, resolve }, place) ?? changed;
        return keepOnChecked(coordinate, { before: field, after: again }, options.onFault).resolve;
      };
      const after = isSubscription ? endableField(changed) : changed;
      const functions = keepOnChecked(coordinate, { before: field, after }, options.onFault);
      guarded.set(coordinate, { ...functions, guardAgain });
      return { ...changed, ...functions };
    },
  });
  for (const warning of placeWarnings(schema, schemaRules.types)) (options.onWarning ?? warn)(warning);
  return seal(result, { guarded });
};

const warn = (warning: string): void => {
  // biome-ignore lint/suspicious/noConsole: the default for embedders without a log
  console.warn(`@fieldgate/guard: ${warning}`);
};

const createGuard = (
  schema: GraphQLSchema,
  schemaRules: SchemaRules,
  { mode, ...deps }: CheckDeps & { readonly mode: GuardMode },
) => {
  if (mode === 'report') {
    const onDenied = reporting(deps.onDenied);
    const guard = createSchemaGuard(schema, schemaRules, { ...deps, onDenied, tellsHidden: true });
    const field = (own: Field, place: FieldPlace) => reportField(own, (each) => guard.field(each, place));
    // Types are found as they were: the guard of an interface refuses what was not decided about.
    return { field, type: (type: GraphQLNamedType) => type };
  }
  const guard = createSchemaGuard(schema, schemaRules, deps);
  const guardType = (type: GraphQLNamedType) => (isAbstractType(type) ? (guard.abstractType(type) ?? type) : type);
  return { field: guard.field, type: guardType };
};

type Resolver = NonNullable<Field['resolve']>;

const notChecked =
  'a schema that was made from a guarded one was executed before it was checked. Guard last, or call assertGuarded(schema) at the start.';

/** Returns the functions that guard a field, which refuse to run on schemas that nobody checked. */
const keepOnChecked = (
  coordinate: string,
  { before, after }: { readonly before: Field; readonly after: Field },
  onFault: OnFault | undefined,
): Omit<GuardedFunctions, 'guardAgain'> => {
  const requireChecked = createSchemaCheck((context) => {
    tellFault(onFault, { message: notChecked, coordinate }, context);
    throw toGraphQLError(new GuardError('INTERNAL_SERVER_ERROR'));
  });
  const keep = (guarded: Resolver): Resolver =>
    rememberGuarded((parent, args, context, info) => {
      requireChecked(info, context);
      return guarded(parent, args, context, info);
    }, coordinate);
  return {
    resolve: keep(after.resolve ?? defaultFieldResolver),
    ...(after.subscribe && after.subscribe !== before.subscribe && { subscribe: keep(after.subscribe) }),
  };
};

/**
 * Throws `SchemaRulesError` for a schema with rules that would not be enforced: one that was not made by `guardSchema`, or whose
 * guarded resolvers were replaced, or that got new rules afterwards. `useFieldgate` calls it; servers without it call it once at
 * the start.
 *
 * @example
 * assertGuarded(schema);
 */
export const assertGuarded = (schema: GraphQLSchema): void => {
  requireGuard(schema);
};
