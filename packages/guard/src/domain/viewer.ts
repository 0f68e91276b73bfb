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

export const anonymous: AnonymousViewer = Object.freeze({ kind: 'anonymous' });

/** Freezes a viewer and its scopes and returns it: one object may serve many operations, and none may change it for another. */
export const freezeViewer = <Known extends Viewer>(viewer: Known): Known => {
  if (viewer.kind !== 'anonymous') Object.freeze(viewer.scopes);
  return Object.freeze(viewer);
};

/** Not exported and not a string, so nothing from a request that is merged into a context can set the viewer. */
const viewerKey = Symbol('fieldgate.viewer');

/** What `withViewer` adds to a context, for resolvers to read. The guard itself does not read this property. */
export type ViewerContext = { readonly viewer: Viewer };

/**
 * Returns a copy of the context for one operation, with the verified viewer in it, which is frozen. The given object is not
 * changed: a context shared by many requests cannot carry one caller's rights into another's operation. Own properties are
 * copied and the prototype is kept, so methods of a context class work.
 *
 * @example
 * const result = await execute({ schema, document, contextValue: withViewer({ orders }, viewer) });
 */
export const withViewer = <Context extends object>(context: Context | null | undefined, viewer: Viewer) => {
  const copy: object = Object.create(context ? Object.getPrototypeOf(context) : Object.prototype);
  return Object.assign(copy, context, { viewer, [viewerKey]: freezeViewer(viewer) }) as Context & ViewerContext;
};

/**
 * Returns the verified caller of this operation. Anonymous if no credential was presented, if the operation selects nothing
 * guarded (then nothing was verified), and for contexts that do not come from `withViewer`.
 *
 * @example
 * const myOrders = (_parent: unknown, _args: unknown, context: unknown) => {
 *   const viewer = viewerOf(context);
 *   return viewer.kind === 'account' ? orders.byOwner(viewer.id) : [];
 * };
 */
export const viewerOf = <Account = unknown>(context: unknown): Viewer<Account> => {
  if (typeof context !== 'object' || context === null) {
    return anonymous;
  }
  return (context as { readonly [viewerKey]?: Viewer<Account> })[viewerKey] ?? anonymous;
};
