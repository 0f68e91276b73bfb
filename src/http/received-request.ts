import type { RequestState } from '../graphql/context.ts';

/** A request as both servers hand it on: node:http and Fetch. */
export type ReceivedRequest = {
  readonly method: string;
  /** As it was sent, without the query string. */
  readonly path: string;
  /** What follows the question mark; empty where there is nothing. */
  readonly search: string;
  /** A header by its lower-case name; null if it was not sent. */
  readonly header: (name: string) => string | null;
  /** The body as text, of a bounded length; null if its bytes are not UTF-8. Empty where there is none. */
  readonly body: () => string | null;
  /** The same request for what speaks Fetch: streams and all endpoints but GraphQL's. */
  readonly toRequest: () => Request;
};

/** Counts a request whose body was refused, and which therefore reached no endpoint. */
export type CountRefused = (request: Pick<ReceivedRequest, 'path' | 'header'>, state: RequestState) => void;
