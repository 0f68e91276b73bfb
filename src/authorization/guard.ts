import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  assertValidSchema,
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { AppError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { denialOf, meets, policyDenialOf } from './decision.ts';
import { SchemaRulesError, toGraphQLError } from './errors.ts';
import { createPlanner } from './plan.ts';
import { type Rule, readRules, type SchemaRules } from './rules.ts';
import { viewerOf } from './viewer-context.ts';

type Decide = (
  parent: unknown,
  args: Readonly<Record<string, unknown>>,
  context: unknown,
) => boolean | Promise<boolean>;

/**
 * A rule that needs the object, the arguments or a store: `(parent, args, context) -> boolean | Promise<boolean>`.
 * Only `true` lets pass; `false`, nothing at all, and a throw deny. `AppError('SERVICE_UNAVAILABLE')` says that it
 * cannot tell. It is asked after roles and scopes, once for each field it guards, with the arguments of that field.
 */
// Declared as a method so that a policy may name the types of its own parent and context.
export type Policy = { bivariant(...args: Parameters<Decide>): ReturnType<Decide> }['bivariant'];

/** By the name that `@auth(policy: "…")` uses. */
export type Policies = Readonly<Record<string, Policy>>;

export type GuardOptions = { readonly policies?: Policies };

/** What a guarded schema knows of itself. */
export type Guard = SchemaRules & {
  readonly planFor: (schema: GraphQLSchema) => ReturnType<typeof createPlanner>;
};

/** In `extensions`, so that it survives whatever else is done to the schema. */
const guardKey = Symbol('fieldgate.guard');

/** The guard of a schema made by `guardSchema`, null for any other. */
export const guardOf = (schema: GraphQLSchema): Guard | null =>
  (schema.extensions as { readonly [guardKey]?: Guard })[guardKey] ?? null;

/**
 * A copy of the schema in which every field with a rule checks it before it is resolved or subscribed to. Throws one
 * `SchemaRulesError` listing everything that would not be enforced: the schema is not served then.
 * The copy stands alone: executed without `useFieldgate`, every caller is anonymous to it.
 *
 * @example
 * const schema = guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs, typeDefs], resolvers }), {
 *   policies: { isOwner: (order: Order, _args, context) => order.ownerId === idOf(viewerOf(context)) },
 * });
 */
export const guardSchema = (schema: GraphQLSchema, { policies = {} }: GuardOptions = {}): GraphQLSchema => {
  if (guardOf(schema) !== null) {
    throw new SchemaRulesError(['schema: is guarded already']);
  }
  assertValidSchema(schema);
  const schemaRules = readRules(schema, (name) => Object.hasOwn(policies, name) && isFunction(policies[name]));
  const subscriptions = schema.getSubscriptionType()?.name;
  const guarded = mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName, typeName) => {
      const rule = schemaRules.rules.get(`${typeName}.${fieldName}`);
      return rule && guardField(field, wrapperFor(rule, policies), typeName === subscriptions);
    },
  });
  guarded.extensions = { ...guarded.extensions, [guardKey]: { ...schemaRules, planFor: planners(schemaRules) } };
  return guarded;
};

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** A guarded schema that was transformed again is another schema with the same rules. */
const planners = (rules: SchemaRules): Guard['planFor'] => {
  const known = new WeakMap<GraphQLSchema, ReturnType<typeof createPlanner>>();
  return (schema) => {
    const planner = known.get(schema) ?? createPlanner(schema, rules);
    known.set(schema, planner);
    return planner;
  };
};

/**
 * Refuses a schema that would be served with rules nobody enforces: not made by `guardSchema`, or given new rules after
 * that. To be called once per schema, at the start.
 */
export const assertGuarded = (schema: GraphQLSchema): void => {
  const guard = guardOf(schema);
  if (guard === null) {
    throw new SchemaRulesError(['schema: was not made by guardSchema']);
  }
  const added = [...readRules(schema, () => true).rules.values()].filter(
    (rule) => JSON.stringify(rule) !== JSON.stringify(guard.rules.get(rule.coordinate)),
  );
  if (added.length > 0) {
    throw new SchemaRulesError(added.map(({ coordinate }) => `${coordinate}: its rule was written after guardSchema`));
  }
};

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type Wrapper = (resolve: Resolver) => Resolver;

/** Of a subscription both are wrapped: with only `resolve`, the source of a denied caller would be opened first. */
const guardField = (
  field: GraphQLFieldConfig<unknown, unknown>,
  wrap: Wrapper,
  isSubscription: boolean,
): GraphQLFieldConfig<unknown, unknown> => ({
  ...field,
  resolve: wrap(field.resolve ?? defaultFieldResolver),
  ...(isSubscription && { subscribe: wrap(field.subscribe ?? defaultFieldResolver) }),
});

const wrapperFor = (rule: Rule, policies: Policies): Wrapper => {
  const asked = rule.policies.flatMap((name) => {
    const decide = policies[name];
    return decide ? [{ name, decide }] : [];
  });
  // In a list the same viewer meets the same rule a thousand times; what was decided holds, for both are immutable.
  let lastPassed: Viewer | null = null;
  const checkStatic = (context: unknown): void => {
    const viewer = viewerOf(context);
    if (viewer === lastPassed) {
      return;
    }
    if (!meets(rule, viewer)) {
      throw toGraphQLError(denialOf(rule, viewer));
    }
    lastPassed = viewer;
  };
  // Without policies nothing here waits: an asynchronous guard on a long list costs many times the list.
  if (asked.length === 0) {
    return (resolve) => (parent, args, context, info) => {
      checkStatic(context);
      return resolve(parent, args, context, info);
    };
  }
  return (resolve) => (parent, args, context, info) => {
    checkStatic(context);
    const pending = askAll(asked, rule, (decide) => decide(parent, args, context));
    return pending === undefined
      ? resolve(parent, args, context, info)
      : pending.then(() => resolve(parent, args, context, info));
  };
};

type Asked = { readonly name: string; readonly decide: Policy };

/** Asks one policy after another; a promise only if one of them gave one. Throws at the first that is not `true`. */
const askAll = (
  asked: readonly Asked[],
  rule: Rule,
  ask: (decide: Policy) => unknown,
  from = 0,
): Promise<void> | undefined => {
  for (let index = from; index < asked.length; index += 1) {
    const { name, decide } = asked[index] as Asked;
    const answer = attempt(() => ask(decide), rule, name);
    if (isThenable(answer)) {
      return Promise.resolve(answer).then(
        (settled) => {
          expectTrue(settled, rule, name);
          return askAll(asked, rule, ask, index + 1);
        },
        (error) => fail(error, rule, name),
      );
    }
    expectTrue(answer, rule, name);
  }
  return undefined;
};

const attempt = (ask: () => unknown, rule: Rule, name: string): unknown => {
  try {
    return ask();
  } catch (error) {
    return fail(error, rule, name);
  }
};

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';

const expectTrue = (answer: unknown, rule: Rule, name: string): void => {
  if (answer !== true) {
    throw toGraphQLError(policyDenialOf(rule, name));
  }
};

/** A policy that fails denies; only "cannot tell right now" is said as what it is. */
const fail = (error: unknown, rule: Rule, name: string): never => {
  const isOutage = error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
  throw toGraphQLError(isOutage ? error : policyDenialOf(rule, name));
};
