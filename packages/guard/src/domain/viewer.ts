import type { ApiKeyId, ClientId, SessionId, UserId } from './ids.ts';

/** The caller of an operation. Built once per request, only from a verified credential. */
export type Viewer<Account = unknown> = AnonymousViewer | SignedInViewer<Account>;

/** A person, or a service that acts for itself. */
export type SignedInViewer<Account = unknown> = AccountViewer<Account> | ServiceViewer;

export type AnonymousViewer = { readonly kind: 'anonymous' };

export type AccountViewer<Account = unknown> = {
  readonly kind: 'account';
  readonly id: UserId;
  /** A value of the schema's role enum. A role that the schema does not define meets no role rule. */
  readonly role: string;
  /** What the credential may do of what the role allows. Empty: it meets no rule that asks for a scope. */
  readonly scopes: readonly string[];
  /** The session that the credential belongs to, null if it has none. */
  readonly sessionId: SessionId | null;
  /** The API key that was presented, if the credential is one. */
  readonly apiKeyId?: ApiKeyId;
  /** The kind of credential that was presented: `bearer`, `cookie`, `api-key`, `basic`. */
  readonly via: string;
  /** When the credential expires, in seconds since 1970; null if it does not expire by itself. */
  readonly expiresAt: number | null;
  /** The version of the account that the credential was checked against, if there is one: see `SessionStatus`. */
  readonly accountVersion?: number | undefined;
  /** The account as it was when the credential was verified, if it was read then. Use it in queries only: mutations change it. */
  readonly account?: Account | undefined;
};

/** A service. It has no account and no role: it may do what rules give to its scopes. */
export type ServiceViewer = {
  readonly kind: 'service';
  readonly id: ClientId;
  readonly scopes: readonly string[];
  readonly via: string;
  readonly expiresAt: number | null;
};

export const anonymous: AnonymousViewer = { kind: 'anonymous' };
