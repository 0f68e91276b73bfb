import type { ApiKeyId, ClientId, SessionId, UserId } from './ids.ts';

/** Who asks. Built once per request, only from a verified credential; no header, cookie or body field adds to it. */
export type Viewer<Account = unknown> = AnonymousViewer | SignedInViewer<Account>;

/** A person, or a service that speaks for itself. */
export type SignedInViewer<Account = unknown> = AccountViewer<Account> | ServiceViewer;

export type AnonymousViewer = { readonly kind: 'anonymous' };

export type AccountViewer<Account = unknown> = {
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
  /** When the credential stops being accepted, in seconds since 1970; null if it does not by itself. */
  readonly expiresAt: number | null;
  /** The account as it was when the credential was checked, if it was read then. Good for queries, which change nothing. */
  readonly account?: Account | undefined;
};

/** A service. It has no account and no role: what it may do is what rules give to its scopes. */
export type ServiceViewer = {
  readonly kind: 'service';
  readonly id: ClientId;
  readonly scopes: readonly string[];
  readonly via: string;
  readonly expiresAt: number | null;
};

export const anonymous: AnonymousViewer = { kind: 'anonymous' };
