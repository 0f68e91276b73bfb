import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  assertValidSchema,
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { denialOf, meets, policyDenialOf } from './decision.ts';
import { type Refusal, SchemaRulesError, toGraphQLError } from './errors.ts';
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
 * Only `true` lets pass; `false`, nothing at all, and a throw deny. `GuardError('SERVICE_UNAVAILABLE')` says that it
 * cannot tell. It is asked after roles and scopes, once for each field it guards, with the arguments of that field.
 */
// Declared as a method so that a policy may name the types of its own parent and context.
export type Policy = { bivariant(...args: Parameters<Decide>): ReturnType<Decide> }['bivariant'];

/** By the name that `@auth(policy: "…")` uses. */
export type Policies = Readonly<Record<string, Policy>>;

export type GuardOptions = {
  readonly policies?: Policies;
  /**
   * Told when a field is answered with an error for want of a right, while others are answered; once per rule and
   * operation. Of whole operations that are refused `onDecision` of `useFieldgate` is told.
   */
  readonly onDenied?: (denial: Refusal, context: unknown) => void;
};

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
export const guardSchema = (schema: GraphQLSchema, options: GuardOptions = {}): GraphQLSchema => {
  const { policies = {} } = options;
  if (guardOf(schema) !== null) {
    throw new SchemaRulesError(['schema: is guarded already']);
  }
  assertValidSchema(schema);
  const schemaRules = readRules(schema, (name) => Object.hasOwn(policies, name) && isFunction(policies[name]));
  const subscriptions = schema.getSubscriptionType()?.name;
  const guarded = mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName, typeName) => {
      const rule = schemaRules.rules.get(`${typeName}.${fieldName}`);
      return rule && guardField(field, wrapperFor(rule, options), typeName === subscriptions);
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

const wrapperFor = (rule: Rule, { policies = {}, onDenied }: GuardOptions): Wrapper => {
  const asked = rule.policies.flatMap((name) => {
    const decide = policies[name];
    return decide ? [{ name, decide }] : [];
  });
  // In a list the same viewer meets the same rule a thousand times; what was decided holds, for both are immutable.
  let lastPassed: Viewer | null = null;
  const told = new WeakSet<object>();
  const deny = (error: CodedError, context: unknown): never => {
    if (onDenied && isObject(context) && !told.has(context)) {
      told.add(context);
      const viewer = viewerOf(context);
      onDenied({ error, viewer, presented: viewer.kind !== 'anonymous' }, context);
    }
    throw toGraphQLError(error);
  };
  const checkStatic = (context: unknown): void => {
    const viewer = viewerOf(context);
    if (viewer === lastPassed) {
      return;
    }
    if (!meets(rule, viewer)) {
      deny(denialOf(rule, viewer), context);
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
    const pending = askAll(asked, {
      rule,
      ask: (decide) => decide(parent, args, context),
      deny: (error) => deny(error, context),
    });
    return pending === undefined
      ? resolve(parent, args, context, info)
      : pending.then(() => resolve(parent, args, context, info));
  };
};

type Asked = { readonly name: string; readonly decide: Policy };

/** One field of one operation before its policies. */
type Question = {
  readonly rule: Rule;
  readonly ask: (decide: Policy) => unknown;
  readonly deny: (error: CodedError) => never;
};

/** Asks one policy after another; a promise only if one of them gave one. Throws at the first that is not `true`. */
const askAll = (asked: readonly Asked[], question: Question, from = 0): Promise<void> | undefined => {
  for (let index = from; index < asked.length; index += 1) {
    const { name, decide } = asked[index] as Asked;
    const answer = attempt(decide, question, name);
    if (isThenable(answer)) {
      return Promise.resolve(answer).then(
        (settled) => {
          expectTrue(settled, question, name);
          return askAll(asked, question, index + 1);
        },
        (error) => fail(error, question, name),
      );
    }
    expectTrue(answer, question, name);
  }
  return undefined;
};

const attempt = (decide: Policy, question: Question, name: string): unknown => {
  try {
    return question.ask(decide);
  } catch (error) {
    return fail(error, question, name);
  }
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';

const expectTrue = (answer: unknown, { rule, deny }: Question, name: string): void => {
  if (answer !== true) {
    deny(policyDenialOf(rule, name));
  }
};

/** A policy that fails denies; only "cannot tell right now" is said as what it is. */
const fail = (error: unknown, { rule, deny }: Question, name: string): never => {
  const isOutage = error instanceof CodedError && error.code === 'SERVICE_UNAVAILABLE';
  return deny(isOutage ? error : policyDenialOf(rule, name));
};
