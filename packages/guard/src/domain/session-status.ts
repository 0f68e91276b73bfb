/**
 * What an access token's session is worth at this moment. `live` carries the role the account has now, which is compared with
 * what the token says. `ended`: logged out, revoked, expired, or its account is disabled or deleted.
 */
export type SessionStatus<Account = unknown> =
  | {
      readonly kind: 'live';
      readonly role: string;
      /** The whole account, where it was read together with the session: it becomes `viewer.account`. */
      readonly account?: Account | undefined;
    }
  | { readonly kind: 'ended' };
