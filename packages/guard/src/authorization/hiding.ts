import { isPromise } from '@whatwg-node/promise-helpers';
import { type GraphQLFieldResolver, type GraphQLOutputType, isListType, isNonNullType } from 'graphql';
import { GuardError } from '../domain/errors.ts';
import type { Check } from './check.ts';
import { toGraphQLError } from './errors.ts';

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Returns the one denial that says nothing of the rule: for what should be hidden in a place that cannot be null. */
export const bareDenial = (): Error => toGraphQLError(new GuardError('FORBIDDEN'));

/** Returns what a field has in the place of objects that are hidden. */
export const withoutObjects = (type: GraphQLOutputType): unknown =>
  isListType(isNonNullType(type) ? type.ofType : type) ? [] : withoutField(type);

/** Returns what a field has that is hidden itself. */
export const withoutField = (type: GraphQLOutputType): unknown => (isNonNullType(type) ? bareDenial() : null);

/** A policy that cannot tell right now hides nothing: a list would be shorter than it is, and nobody would know. */
export const isOutage = (error: unknown): boolean =>
  error instanceof Error &&
  'extensions' in error &&
  (error.extensions as { readonly code?: unknown } | undefined)?.code === 'SERVICE_UNAVAILABLE';

/** Returns a resolver that is called only if the check passes, and returns `instead()` if it does not. */
export const hideUnless =
  (check: Check, resolve: Resolver, instead: () => unknown): Resolver =>
  (parent, args, context, info) => {
    const whenDenied = (error: unknown): unknown => (isOutage(error) ? error : instead());
    try {
      const checked = check(parent, args, context, info);
      if (isPromise(checked)) {
        return checked.then(() => resolve(parent, args, context, info), whenDenied);
      }
    } catch (error) {
      return whenDenied(error);
    }
    return resolve(parent, args, context, info);
  };
