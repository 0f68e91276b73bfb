import type { ClientInfo } from '@fieldgate/guard';
import type { RateLimitStatus } from '../domain/rate-limit.ts';
import type { Session } from '../domain/session.ts';

/** What the HTTP edge knows of a request and hands on, and what it takes back for the answer. */
export type RequestState = {
  readonly requestId: string;
  readonly client: ClientInfo;
  /** `Set-Cookie` values for the answer, whatever else will be in it. The last operation field that sets them decides. */
  setCookies: readonly string[];
  /** What was counted for this request, for the headers of its answer. */
  readonly rateLimits: RateLimitStatus[];
};

/** What a request begins with. */
export const noCookies: readonly string[] = [];

/** What a resolver knows of the request besides its arguments. Who asks is told by `viewerOf(context)`. */
export type RequestContext = {
  readonly requestId: string;
  readonly client: ClientInfo;
  /** The edge's own object, not a copy: what resolvers leave in it reaches the answer. */
  readonly state: RequestState;
  /** A header by its lower-case name; null if it was not sent. */
  readonly header: (name: string) => string | null;
  /**
   * The session that began or went on in this very operation, by password or refresh token: `login { user { email } }`
   * may read what is the caller's own although no credential came with the request. Set by sign-in resolvers only.
   */
  newSession: Session | null;
};
