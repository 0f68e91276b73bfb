import type { SignedInViewer } from './viewer.ts';

/**
 * Why a presented credential is not accepted. Clients branch on it: refresh, or sign in again.
 * `ORIGIN`: it came as a cookie with the request of a page that may not use it, and was not looked at.
 */
export type RejectionReason = 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_STALE' | 'TOKEN_REVOKED' | 'ORIGIN';

/**
 * What one authenticator says of one request.
 * `absent`: no credential of its kind, ask the next. `rejected`: one was there and is bad; it is never quietly
 * anonymous, the plan of the operation decides whether that matters. `ambiguous`: two of them, and nothing says which is meant.
 */
export type Authentication =
  | { readonly kind: 'absent' }
  | { readonly kind: 'accepted'; readonly viewer: SignedInViewer }
  | {
      readonly kind: 'rejected';
      readonly reason: RejectionReason;
      /** The `WWW-Authenticate` to answer with, where it is not Bearer's. */
      readonly challenge?: string;
    }
  | { readonly kind: 'ambiguous' };

/** The device and the network a request comes from, as far as the server knows, and the name of the request in the log. */
export type ClientInfo = { readonly ip: string | null; readonly userAgent: string | null; readonly requestId?: string };

/** The part of a request that credentials may come from. Header names are given in lower case; null means not sent. */
export type CredentialSource = {
  readonly header: (name: string) => string | null;
  /** For the log; no decision is made from it. */
  readonly client?: ClientInfo;
};

/** One way of saying who one is. Throws only when it cannot tell (a store is out of reach). */
export type Authenticator = (source: CredentialSource) => Authentication | Promise<Authentication>;
