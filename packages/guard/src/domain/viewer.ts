import type { ApiKeyId, ClientId, SessionId, UserId } from './ids.ts';
import { createPrivateRecord } from './private-record.ts';

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
  /** When the caller last proved who they are, in seconds since 1970, if it is known: for `maxAge`. */
  readonly authTime?: number | undefined;
  /** How the caller proved who they are (RFC 8176), if it is known: for `amr`. */
  readonly amr?: readonly string[] | undefined;
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

export const anonymous: AnonymousViewer = Object.freeze({ kind: 'anonymous' });

/** The viewers that `ownViewer` made. */
const owned = createPrivateRecord<true>();

/**
 * Returns the viewer as the guard's own: a frozen copy with frozen scopes, which nobody outside can change. What the guard made
 * before, it returns as it is, so two equal references mean equal rights.
 */
export const ownViewer = <Account>(viewer: Viewer<Account>): Viewer<Account> => {
  if (viewer.kind === 'anonymous') return anonymous;
  if (owned.get(viewer)) return viewer;
  if (!Array.isArray(viewer.scopes) || (viewer.kind !== 'account' && viewer.kind !== 'service')) {
    throw new TypeError('Not a viewer: its kind is account, service or anonymous, and its scopes are a list.');
  }
  const amr = viewer.kind === 'account' && viewer.amr ? { amr: Object.freeze([...viewer.amr]) } : {};
  const copy = { ...viewer, ...amr, scopes: Object.freeze([...viewer.scopes]) };
  owned.add(copy, true);
  return Object.freeze(copy);
};

/** Returns whether this is the guard's own viewer, which it put there itself. */
export const isOwnViewer = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value === anonymous || owned.get(value) === true);

/**
 * Returns whether both are one caller, who may use one context at the same time: of the same kind, account or service, session or
 * key. A renewed token of a session is still that session; one with other scopes is not, because it may have been given away.
 */
export const isSameViewer = (one: Viewer, other: Viewer): boolean => {
  if (one === other) return true;
  if (one.kind === 'anonymous' || other.kind === 'anonymous') return one.kind === other.kind;
  return one.kind === other.kind && one.id === other.id && originOf(one) === originOf(other) && sameScopes(one, other);
};

/** Names the session or key. Where there is neither, nothing ties a role to the account but the credential itself. */
const originOf = (viewer: SignedInViewer): string => {
  if (viewer.kind === 'service') return JSON.stringify([viewer.via]);
  const { sessionId, apiKeyId = null, role, via } = viewer;
  const isTied = sessionId !== null || apiKeyId !== null;
  return JSON.stringify(isTied ? [sessionId, apiKeyId] : [role, via]);
};

const sameScopes = (one: SignedInViewer, other: SignedInViewer): boolean =>
  one.scopes.length === other.scopes.length && one.scopes.every((scope) => other.scopes.includes(scope));
