import { handleMaybePromise } from '@whatwg-node/promise-helpers';
import { defaultFieldResolver, type GraphQLFieldConfig } from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import { viewerOf } from '../domain/viewer-binding.ts';
import { endStream, isAsyncIterable, type WatchEnd } from './ended-stream.ts';
import { toGraphQLError } from './errors.ts';

type Field = GraphQLFieldConfig<unknown, unknown>;

/** By the context of a subscription: where a server lets nobody wrap the stream of its results, its source ends instead. */
const watched = new WeakMap<object, WatchEnd>();

/** Has the source of the subscription that runs with this context end when `watch` says so. */
export const endSourceWith = (context: object, watch: WatchEnd): void => {
  watched.set(context, watch);
};

/** The last event of a source that was ended. Its field resolves to the error. */
class LastEvent {
  readonly error: CodedError;

  constructor(error: CodedError) {
    this.error = error;
  }
}

/** Returns a root field of the subscription type whose source can be ended. It is looked at before its rule. */
export const endableField = (field: Field): Field => {
  const { resolve = defaultFieldResolver, subscribe = defaultFieldResolver } = field;
  return {
    ...field,
    resolve: (parent, args, context, info) => {
      if (parent instanceof LastEvent) throw toGraphQLError(parent.error);
      return resolve(parent, args, context, info);
    },
    subscribe: (parent, args, context, info) =>
      handleMaybePromise(
        () => subscribe(parent, args, context, info),
        (source) => endable(source, context),
      ),
  };
};

const endable = (source: unknown, context: unknown): unknown => {
  // A context that is a copy gets its viewer, and what it is watched by, when it is first asked for.
  if (viewerOf(context).kind === 'anonymous' || !isAsyncIterable(source)) return source;
  const watch = watched.get(Object(context));
  return watch ? endStream(source, watch, (error) => new LastEvent(error)) : source;
};
