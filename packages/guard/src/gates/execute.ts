import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute as graphqlExecute,
  subscribe as graphqlSubscribe,
} from 'graphql';
import type { CredentialSource } from '../domain/authentication.ts';
import { createGate, denialIn, refusedResult } from './gate.ts';
import type { GateOptions } from './options.ts';

/** The arguments of graphql's `execute`, and the options of the gate. */
export type GuardedExecutionArgs = ExecutionArgs &
  GateOptions & {
    /** Where to read credentials. Default: `sourceOf(contextValue)`. */
    readonly source?: CredentialSource | undefined;
  };

/**
 * Decides an operation, and executes it as its viewer if it may run. A refused one is a result with one error and no data, whose
 * status `refusalOf` tells. Everything else is as in graphql's `execute`. Throws for a schema that `guardSchema` did not make
 * only as it does for a bug: with the result INTERNAL_SERVER_ERROR, and `onFault`.
 *
 * @example
 * const result = await guard.execute({ schema, document, source, authenticate });
 */
export const execute = (args: GuardedExecutionArgs): MaybePromise<ExecutionResult> =>
  createGate(args).execute(args, (contextValue) => graphqlExecute({ ...args, contextValue }), originOf(args));

/**
 * Decides a subscription, and opens its source as its viewer if it may run. The stream ends with the viewer's credential: its
 * last event is UNAUTHENTICATED with its reason. A refused one is a result with one error and no data.
 *
 * @example
 * const events = await guard.subscribe({ schema, document, source, authenticate, recheckSeconds: 60 });
 */
export const subscribe = (
  args: GuardedExecutionArgs,
): MaybePromise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> =>
  handleMaybePromise(
    () => createGate(args).execute(args, (contextValue) => graphqlSubscribe({ ...args, contextValue }), originOf(args)),
    (result) => {
      const refusal = denialIn(result);
      return refusal ? refusedResult(refusal) : result;
    },
  );

const originOf = ({ source }: GuardedExecutionArgs) => ({ source, request: null });
