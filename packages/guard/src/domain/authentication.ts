import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { SignedInViewer } from './viewer.ts';

/**
 * Why a presented credential is rejected. Clients branch on it: refresh the token, or sign in again.
 * `ORIGIN`: a cookie that came with the request of a page that may not use it; its value was not verified.
 */
export type RejectionReason = 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_STALE' | 'TOKEN_REVOKED' | 'ORIGIN';

/**
 * The result of one authenticator for one request.
 *
 * - `absent`: no credential of this kind; the next authenticator is asked.
 * - `accepted`: the credential is valid, `viewer` is its holder. The guard freezes it and its scopes.
 * - `rejected`: a credential was presented and is not valid. The caller never becomes anonymous silently: the plan of the
 *   operation decides whether the rejection matters.
 * - `ambiguous`: more than one credential was presented, and nothing says which one is meant.
 */
export type Authentication =
  | { readonly kind: 'absent' }
  | { readonly kind: 'accepted'; readonly viewer: SignedInViewer }
  | {
      readonly kind: 'rejected';
      readonly reason: RejectionReason;
      /** The value of `WWW-Authenticate` in the response, for schemes other than Bearer. */
      readonly challenge?: string;
    }
  | { readonly kind: 'ambiguous' };

/** The device and network that a request comes from, as far as the server knows, and the id of the request in the log. */
export type ClientInfo = { readonly ip: string | null; readonly userAgent: string | null; readonly requestId?: string };

/** The part of a request that authenticators read. */
export type CredentialSource = {
  /** Returns the value of a request header, null if it was not sent. Called with names in lower case. */
  readonly header: (name: string) => string | null;
  /** For logs. No decision depends on it. */
  readonly client?: ClientInfo;
};

/**
 * Reads one kind of credential from a request and verifies it. Throws or rejects only when it cannot tell, because a store
 * is unavailable: with `new GuardError('SERVICE_UNAVAILABLE')`, which refuses the operation with 503.
 */
export type Authenticator = (source: CredentialSource) => MaybePromise<Authentication>;
