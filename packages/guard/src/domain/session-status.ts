/**
 * The state of an access token's session at this moment.
 *
 * - `live`: carries the account's current role, which is compared with the one in the token.
 * - `ended`: logged out, revoked or expired, or its account is disabled or deleted.
 */
export type SessionStatus<Account = unknown> =
  | {
      readonly kind: 'live';
      readonly role: string;
      /** The whole account, if the store read it together with the session. It becomes `viewer.account`. */
      readonly account?: Account | undefined;
    }
  | { readonly kind: 'ended' };
