import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { assertValidSchema, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { SchemaRulesError } from './errors.ts';
import { type FieldGuardOptions, guardField } from './field-guard.ts';
import { createMark, guardOf, requireGuard, withMark } from './guard-registry.ts';
import { createPolicyRunner } from './policies.ts';
import { hasOwnFunction } from './policy-use.ts';
import { readRules } from './rules.ts';
import { endableField } from './stream-source.ts';

export type GuardOptions = FieldGuardOptions & {
  /**
   * Every value of the role enum once, from the least role to the greatest: each has the rights of those before it. Needed if a
   * rule asks for a role.
   */
  readonly roles?: readonly string[];
};

/**
 * Returns a copy of the schema in which every field with a rule checks it before it is resolved or subscribed to. Throws one
 * `SchemaRulesError` that lists everything that would not be enforced, so such a schema is never served.
 * The copy protects itself: executed without `useFieldgate` or `runAs`, every caller is anonymous.
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
  const { policies = {}, roles, onDenied } = options;
  if (guardOf(schema) !== null) {
    throw new SchemaRulesError(['schema: is guarded already']);
  }
  assertValidSchema(schema);
  const runner = createPolicyRunner(options);
  const schemaRules = readRules(schema, { roles, hasPolicy: (name) => hasOwnFunction(policies, name) });
  const mark = createMark({ ...schemaRules, policies: runner });
  const subscriptions = schema.getSubscriptionType()?.name;
  return mapSchema(schema, {
    [MapperKind.QUERY]: (type) =>
      new GraphQLObjectType({ ...type.toConfig(), extensions: withMark(type.extensions, mark) }),
    [MapperKind.OBJECT_FIELD]: (field, fieldName, typeName) => {
      const rule = schemaRules.rules.get(`${typeName}.${fieldName}`);
      const isSubscription = typeName === subscriptions;
      if (rule === undefined) return isSubscription ? endableField(field) : undefined;
      const guarded = guardField(field, rule, { policies: runner, onDenied, isSubscription });
      return {
        ...(isSubscription ? endableField(guarded) : guarded),
        extensions: withMark(field.extensions, mark),
      };
    },
  });
};

/**
 * Throws `SchemaRulesError` for a schema with rules that would not be enforced: one that was not made by `guardSchema`, or that
 * got new rules afterwards. `useFieldgate` calls it; servers without it call it once at the start.
 *
 * @example
 * assertGuarded(schema);
 */
export const assertGuarded = (schema: GraphQLSchema): void => {
  const guard = requireGuard(schema);
  const added = [...readRules(schema, { roles: guard.roles, hasPolicy: () => true }).rules.values()].filter(
    (rule) => JSON.stringify(rule) !== JSON.stringify(guard.rules.get(rule.coordinate)),
  );
  if (added.length > 0) {
    throw new SchemaRulesError(added.map(({ coordinate }) => `${coordinate}: its rule was added after guardSchema`));
  }
};
