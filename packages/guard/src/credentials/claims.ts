import type { RejectionReason } from '../domain/authentication.ts';
import type { ApiKeyId, ClientId, SessionId, UserId } from '../domain/ids.ts';

/** What a verified token says about its holder. */
export type BearerClaims = AccountBearerClaims | ServiceBearerClaims;

export type AccountBearerClaims = {
  readonly kind?: 'account';
  readonly userId: UserId;
  readonly role: string;
  readonly scopes: readonly string[];
  /** The session that the token was issued for, null if there is none. */
  readonly sessionId: SessionId | null;
  /** The version of the account that the token was issued for. */
  readonly accountVersion?: number | undefined;
  /** When the holder last proved who they are, in seconds since 1970 (`auth_time`), if the token says so: for `maxAge`. */
  readonly authTime?: number | undefined;
  /** How the holder proved who they are (RFC 8176), if the token says so: for `amr`. */
  readonly amr?: readonly string[] | undefined;
  /** In seconds since 1970; null if the token does not expire. */
  readonly expiresAt: number | null;
};

export type ServiceBearerClaims = {
  readonly kind: 'service';
  readonly clientId: ClientId;
  readonly tokenId: string;
  readonly scopes: readonly string[];
  /** In seconds since 1970; null if the token does not expire. */
  readonly expiresAt: number | null;
};

export type BearerVerification =
  | { readonly kind: 'valid'; readonly claims: BearerClaims }
  | {
      readonly kind: 'invalid';
      readonly reason: Extract<RejectionReason, `TOKEN_${'INVALID' | 'EXPIRED' | 'REVOKED'}`>;
    };

/** What a valid key says about its holder. */
export type ApiKeyClaims = {
  readonly keyId: ApiKeyId;
  /** The owner of the key. */
  readonly userId: UserId;
  /** The owner's current role. */
  readonly role: string;
  readonly scopes: readonly string[];
  /** When the key expires, in seconds since 1970; null if it does not. */
  readonly expiresAt: number | null;
};

export type ApiKeyVerification =
  | { readonly kind: 'valid'; readonly claims: ApiKeyClaims }
  | {
      readonly kind: 'invalid';
      readonly reason: Extract<RejectionReason, `TOKEN_${'INVALID' | 'EXPIRED' | 'REVOKED'}`>;
    };

/** The account that a name and password belong to, with its current role. */
export type BasicAccount = { readonly userId: UserId; readonly role: string; readonly scopes: readonly string[] };
