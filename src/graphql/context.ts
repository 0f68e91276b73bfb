import type { ClientInfo } from '@fieldgate/guard';
import type { RateLimitStatus } from '../domain/rate-limit.ts';
import type { Session } from '../domain/session.ts';
import type { Payer } from '../services/limits.ts';

/** What the HTTP layer knows of a request, and what resolvers leave for its answer. */
export type RequestState = {
  readonly requestId: string;
  readonly client: ClientInfo;
  /** `Set-Cookie` values, sent whatever the answer holds. The last resolver that sets them decides. */
  setCookies: readonly string[];
  /** The limits this request was counted against, for the headers of its answer. */
  readonly rateLimits: RateLimitStatus[];
  /** Whose general quota this request consumes; null until that is looked up. */
  payer: Payer | null;
};

/** `setCookies` of a new request. */
export const noCookies: readonly string[] = [];

/** Returns the state of a new request. */
export const createRequestState = (requestId: string, client: ClientInfo): RequestState => ({
  requestId,
  client,
  setCookies: noCookies,
  rateLimits: [],
  payer: null,
});

/** The context of every resolver. `viewerOf(context)` says who asks. */
export type RequestContext = {
  readonly requestId: string;
  readonly client: ClientInfo;
  /** Mutable and shared with the HTTP layer: cookies set here are sent with the response. */
  readonly state: RequestState;
  /** A header by its lower-case name; null if it was not sent. */
  readonly header: (name: string) => string | null;
  /**
   * The session that this operation started or refreshed: `login { user { email } }` may read what belongs to the caller,
   * although the request carried no credential. Set by sign-in resolvers only.
   */
  newSession: Session | null;
  /** What resolvers and policies of the user get. Only where the operation selects a field of theirs. */
  own?: object;
};
