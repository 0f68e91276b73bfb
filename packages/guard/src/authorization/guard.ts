import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { assertValidSchema, type GraphQLFieldConfig, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { GuardError } from '../domain/errors.ts';
import { SchemaRulesError, toGraphQLError } from './errors.ts';
import { type OnFault, tellFault } from './faults.ts';
import type { FieldGuardOptions } from './field-guard.ts';
import { placeWarnings } from './filter-places.ts';
import {
  createMark,
  createSchemaCheck,
  guardOf,
  hasGuardedFields,
  rememberGuarded,
  requireGuard,
  seal,
  withMark,
} from './guard-registry.ts';
import { createPolicyRunner } from './policies.ts';
import { hasOwnFunction } from './policy-use.ts';
import { readRules } from './rules.ts';
import { createSchemaGuard } from './schema-guard.ts';

export type GuardOptions = FieldGuardOptions & {
  /**
   * Every value of the role enum once, from the least role to the greatest: each has the rights of those before it. Needed if a
   * rule asks for a role.
   */
  readonly roles?: readonly string[];
  /**
   * Whether denials name what would be needed (a role, scopes, a policy) and the coordinate of the rule to the caller. Default: false;
   * `onDenied` and `onDecision` get it as the `cause` of the error.
   */
  readonly exposeRequired?: boolean;
  /** Returns the milliseconds since 1970, for `maxAge`. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Is told at the start where a denied object takes more with it than itself. Default: `console.warn`. */
  readonly onWarning?: (warning: string) => void;
};

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
  const { policies = {}, roles, onDenied, exposeRequired, clock = Date.now } = options;
  if (guardOf(schema) !== null || hasGuardedFields(schema)) {
    throw new SchemaRulesError([
      'schema: is guarded already. Call guardSchema once, after everything that changes the schema',
    ]);
  }
  assertValidSchema(schema);
  const runner = createPolicyRunner(options);
  const schemaRules = readRules(schema, { roles, hasPolicy: (name) => hasOwnFunction(policies, name), exposeRequired });
  const mark = createMark({ ...schemaRules, policies: runner, clock });
  const guard = createSchemaGuard(schema, schemaRules, { policies: runner, onDenied, clock });
  const guarded = mapSchema(schema, {
    [MapperKind.QUERY]: (type) =>
      new GraphQLObjectType({ ...type.toConfig(), extensions: withMark(type.extensions, mark) }),
    [MapperKind.ABSTRACT_TYPE]: guard.abstractType,
    [MapperKind.OBJECT_FIELD]: (field, name, type) => {
      const coordinate = `${type}.${name}`;
      const guardedField = guard.field(field, { type, name });
      if (guardedField === undefined) return undefined;
      const { resolve, subscribe, ...rest } = guardedField;
      const keep = createKeep(coordinate, options.onFault, (each) => rememberGuarded(each, mark, coordinate));
      return { ...rest, ...(resolve && { resolve: keep(resolve) }), ...(subscribe && { subscribe: keep(subscribe) }) };
    },
  });
  for (const warning of placeWarnings(schema, schemaRules.types)) (options.onWarning ?? warn)(warning);
  return seal(guarded, schemaRules);
};

const warn = (warning: string): void => {
  // biome-ignore lint/suspicious/noConsole: the default for embedders without a log
  console.warn(`@fieldgate/guard: ${warning}`);
};

type Resolver = NonNullable<GraphQLFieldConfig<unknown, unknown>['resolve']>;

const notChecked =
  'a schema that was made from a guarded one was executed before it was checked. Guard last, or call assertGuarded(schema) at the start.';

/** Returns what makes a function of a guarded field refuse to run on schemas that nobody checked. */
const createKeep = (coordinate: string, onFault: OnFault | undefined, remember: (guarded: Resolver) => Resolver) => {
  const requireChecked = createSchemaCheck((context) => {
    tellFault(onFault, { message: notChecked, coordinate }, context);
    throw toGraphQLError(new GuardError('INTERNAL_SERVER_ERROR'));
  });
  return (guarded: Resolver): Resolver =>
    remember((parent, args, context, info) => {
      requireChecked(info, context);
      return guarded(parent, args, context, info);
    });
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
