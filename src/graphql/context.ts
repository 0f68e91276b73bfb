import type { Origin, Session } from '../domain/session.ts';

/** What a resolver knows of the request besides its arguments. Who asks is told by `viewerOf(context)`. */
export type RequestContext = {
  readonly requestId: string;
  readonly origin: Origin;
  /** A header by its lower-case name; null if it was not sent. */
  readonly header: (name: string) => string | null;
  /**
   * The session that began or went on in this very operation, by password or refresh token: `login { user { email } }`
   * may read what is the caller's own although no credential came with the request. Set by sign-in resolvers only.
   */
  signedIn: Session | null;
};
