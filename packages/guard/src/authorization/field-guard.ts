import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLFieldResolver } from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { denialOf, meets } from './decision.ts';
import { type Refusal, toGraphQLError } from './errors.ts';
import { type Policies, type PolicyCall, requirePolicies } from './policies.ts';
import type { Rule } from './rules.ts';
import { viewerOf } from './viewer-context.ts';

export type FieldGuardOptions = {
  /** By the names that `@auth(policy: "…")` uses. */
  readonly policies?: Policies;
  /**
   * Called when a field is denied while others are answered, once per rule and operation. `onDecision` of `useFieldgate` is
   * called for whole operations that are refused.
   */
  readonly onDenied?: (denial: Refusal, context: unknown) => void;
};

type Field = GraphQLFieldConfig<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/**
 * Returns the field with its rule checked before its resolver. Of a subscription both functions are wrapped: with only
 * `resolve`, the source of a denied caller would be opened first.
 */
export const guardField = (
  field: Field,
  rule: Rule,
  { isSubscription, ...options }: FieldGuardOptions & { readonly isSubscription: boolean },
): Field => {
  const wrap = createWrapper(rule, options);
  return {
    ...field,
    resolve: wrap(field.resolve ?? defaultFieldResolver),
    ...(isSubscription && { subscribe: wrap(field.subscribe ?? defaultFieldResolver) }),
  };
};

const createWrapper = (rule: Rule, { policies = {}, onDenied }: FieldGuardOptions) => {
  const deny = createDeny(onDenied);
  const checkViewer = createViewerCheck(rule, deny);
  const asked = rule.policies.flatMap((name) => {
    const decide = policies[name];
    return decide ? [{ name, decide }] : [];
  });
  // Without policies nothing here is asynchronous: an asynchronous check of a long list costs many times the list.
  if (asked.length === 0) {
    return (resolve: Resolver): Resolver =>
      (parent, args, context, info) => {
        checkViewer(context);
        return resolve(parent, args, context, info);
      };
  }
  return (resolve: Resolver): Resolver =>
    (parent, args, context, info) => {
      checkViewer(context);
      const call: PolicyCall = { rule, parent, args, context, deny: (error) => deny(error, context) };
      const pending = requirePolicies(asked, call);
      return pending === undefined
        ? resolve(parent, args, context, info)
        : pending.then(() => resolve(parent, args, context, info));
    };
};

type Deny = (error: CodedError, context: unknown) => never;

const createDeny = (onDenied: FieldGuardOptions['onDenied']): Deny => {
  const reported = new WeakSet<object>();
  return (error, context) => {
    if (onDenied && isObject(context) && !reported.has(context)) {
      reported.add(context);
      const viewer = viewerOf(context);
      onDenied({ error, viewer, presented: viewer.kind !== 'anonymous' }, context);
    }
    throw toGraphQLError(error);
  };
};

/** The last viewer that passed is remembered: in a list the same immutable viewer meets the same rule a thousand times. */
const createViewerCheck = (rule: Rule, deny: Deny): ((context: unknown) => void) => {
  let lastPassed: Viewer | null = null;
  return (context) => {
    const viewer = viewerOf(context);
    if (viewer === lastPassed) {
      return;
    }
    if (!meets(rule, viewer)) {
      deny(denialOf(rule, viewer), context);
    }
    lastPassed = viewer;
  };
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
