import type { EpochSeconds } from './clock.ts';
import type { ApiKeyId, ClientId, SessionId, UserId } from './ids.ts';
import type { User } from './user.ts';

/** Who asks. Built once per request, only from a verified credential; no header, cookie or body field adds to it. */
export type Viewer = AnonymousViewer | SignedInViewer;

/** A person, or a service that speaks for itself. */
export type SignedInViewer = AccountViewer | ServiceViewer;

export type AnonymousViewer = { readonly kind: 'anonymous' };

export type AccountViewer = {
  readonly kind: 'account';
  readonly id: UserId;
  /** A value of the schema's role enum. A viewer with a role the schema does not know meets no role rule. */
  readonly role: string;
  /** What the credential may do of what the role allows: see `scope.ts`. Empty: nothing that a rule asks a scope for. */
  readonly scopes: readonly string[];
  /** The session the credential belongs to, if it belongs to one. */
  readonly sessionId: SessionId | null;
  /** The API key that was presented, if it was one. */
  readonly apiKeyId?: ApiKeyId;
  /** The kind of credential that was presented. */
  readonly via: string;
  /** When the credential stops being accepted; null if it does not by itself. */
  readonly expiresAt: EpochSeconds | null;
  /** The account as it was when the credential was checked, if it was read then. Good for queries, which change nothing. */
  readonly account?: User | undefined;
};

/** A service. It has no account and no role: what it may do is what rules give to its scopes. */
export type ServiceViewer = {
  readonly kind: 'service';
  readonly id: ClientId;
  readonly scopes: readonly string[];
  readonly via: string;
  readonly expiresAt: EpochSeconds | null;
};

export const anonymous: AnonymousViewer = { kind: 'anonymous' };
