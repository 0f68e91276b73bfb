import type { MaybePromise } from '@whatwg-node/promise-helpers';
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  getOperationAST,
  subscribe,
} from 'graphql';
import { toGraphQLError } from '../authorization/errors.ts';
import { parseAuthentication } from '../credentials/answers.ts';
import type { CredentialSource } from '../domain/authentication.ts';
import { CodedError } from '../domain/errors.ts';
import { createGate, denialIn, type Gate, refusalOf } from './gate.ts';
import type { GateOptions } from './options.ts';
import { connectionSource, requestOf } from './sources.ts';

/** What the gate reads of graphql-ws' `Context`. */
type Connection = { readonly connectionParams?: unknown; readonly extra?: unknown };

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/** Options of graphql-ws' `makeServer` and `useServer`. */
export type GraphqlWsGate = {
  readonly execute: (args: ExecutionArgs) => ExecutionResult;
  readonly subscribe: (args: ExecutionArgs) => ExecutionResult;
  readonly onConnect: (connection: Connection) => Promise<boolean>;
  readonly onOperation: (
    connection: Connection,
    id: string,
    payload: unknown,
    args: ExecutionArgs,
    result: unknown,
  ) => Promise<Result>;
};

/** Stands for the result until the gate, which is told of the connection only afterwards, has decided and executed. */
const notExecuted: ExecutionResult = Object.freeze({});

/**
 * Returns the options of graphql-ws' `useServer` and `makeServer` that decide each operation before any resolver runs: spread them last.
 * What `connection_init` names decides who the caller is, else the headers of the upgrade request, and it is verified for every
 * operation anew. A credential that is dead at the door closes the connection with 4403 before it is acknowledged. A refused
 * operation is an `error` message. A stream ends with the credential: a last `next` with UNAUTHENTICATED, then `complete`.
 *
 * @example
 * useServer({ schema, ...fieldgateForGraphqlWs({ authenticate }) }, webSockets);
 */
export const fieldgateForGraphqlWs = (options: GateOptions): GraphqlWsGate => {
  const gate = createGate(options);
  return {
    execute: () => notExecuted,
    subscribe: () => notExecuted,
    onConnect: async (connection) => options.sourceOf !== undefined || isWelcome(options, gate, connection),
    onOperation: async (connection, _id, _payload, args, placeholder) => {
      if (placeholder !== notExecuted)
        throw new TypeError('The options of fieldgateForGraphqlWs must be the last ones.');
      const source = options.sourceOf ? undefined : sourceOf(connection);
      const result = await gate.execute(args, (contextValue) => runAny({ ...args, contextValue }), {
        source,
        request: null,
      });
      const refusal = refusalOf(result) ?? (isSubscription(args) ? denialIn(result) : null);
      return refusal ? failing(toGraphQLError(refusal.error)) : result;
    },
  };
};

const sourceOf = ({ connectionParams, extra }: Connection): CredentialSource =>
  connectionSource(connectionParams, requestOf(extra));

const isSubscription = ({ document, operationName }: ExecutionArgs): boolean =>
  getOperationAST(document, operationName)?.operation === 'subscription';

const runAny = (args: ExecutionArgs): MaybePromise<Result> => (isSubscription(args) ? subscribe(args) : execute(args));

/** graphql-ws sends what a stream throws as an `error` message, which ends the operation and not the connection. */
const failing = (error: GraphQLError): AsyncIterable<ExecutionResult> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
});

/** A dead credential is not acknowledged: clients would connect, be refused by the first operation, and connect again. */
const isWelcome = async (
  { authenticate }: GateOptions,
  { fault }: Gate,
  { extra, ...rest }: Connection,
): Promise<boolean> => {
  const source = sourceOf({ extra, ...rest });
  const close = (code: number, reason: string): false => {
    const socket: unknown = Object(extra)['socket'];
    if (typeof Object(socket).close === 'function') Object(socket).close(code, reason);
    return false;
  };
  try {
    const authentication = parseAuthentication(await authenticate(source));
    if (authentication.kind === 'ambiguous') return close(4400, 'More than one credential');
    // A key is not renewed by coming back: 4401 tells clients not to.
    const isKey = source.header('x-api-key') !== null;
    if (authentication.kind === 'rejected') return isKey && close(4401, authentication.reason);
    return true;
  } catch (error) {
    if (error instanceof CodedError) return close(1013, 'Try again later');
    fault({ message: 'a connection was not decided, and refused', error }, undefined);
    return close(4500, 'Internal server error');
  }
};
