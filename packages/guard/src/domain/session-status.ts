/**
 * The state of an access token's session at this moment.
 *
 * - `live`: carries the account's current role and, if the store knows it, its version. Both are compared with those in the token.
 * - `ended`: logged out, revoked or expired, or its account is disabled or deleted.
 */
export type SessionStatus<Account = unknown> =
  | {
      readonly kind: 'live';
      readonly role: string;
      /** A number that no earlier state of the account had. Undefined: tokens are not compared by it. */
      readonly accountVersion?: number | undefined;
      /** The whole account, if the store read it together with the session. It becomes `viewer.account`. */
      readonly account?: Account | undefined;
    }
  | { readonly kind: 'ended' };
