import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { RequestState } from '../graphql/context.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';

/** A request as both servers hand it on: node:http and Fetch. */
export type ReceivedRequest = {
  readonly method: string;
  /** As it was sent, without the query string. */
  readonly path: string;
  /** What follows the question mark; empty where there is nothing. */
  readonly search: string;
  /** A header by its lower-case name; null if it was not sent. */
  readonly header: (name: string) => string | null;
  /** The body, of a bounded length; null where there is none. */
  readonly body: Buffer | null;
  /** The same request for what speaks Fetch: streams and all endpoints but GraphQL's. */
  readonly toRequest: () => Request;
};

export type HttpResponse = WholeResponse | Response;

/** Answers the requests of one path and one method. */
export type Route = (request: Request, state: RequestState) => MaybePromise<HttpResponse>;

/** Answers every request that a server gets. */
export type Handle = (request: ReceivedRequest, state: RequestState) => MaybePromise<HttpResponse>;

/** Counts a request whose body was refused, and which therefore reached no endpoint. */
export type CountRefused = (request: Pick<ReceivedRequest, 'path' | 'header'>, state: RequestState) => void;
