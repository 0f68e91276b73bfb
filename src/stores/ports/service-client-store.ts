import type { ClientId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Page, PageQuery } from '../../domain/page.ts';
import type { ServiceClient } from '../../domain/service-client.ts';

/**
 * Service clients, and which of their tokens were revoked one by one. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/service-client-store.ts` is the definition; every adapter runs it.
 */
export type ServiceClientStore = {
  readonly create: (client: NewServiceClient) => Promise<ServiceClient>;
  /** For checking a secret; the digests must not leave the calling service. */
  readonly find: (id: ClientId) => Promise<ClientWithDigests | null>;
  /** Returns a page of the clients, oldest first, then by id. */
  readonly list: (page: PageQuery) => Promise<Page<ServiceClient>>;
  /**
   * Sets a new secret; the present one becomes the previous one, and the one before that is void at once. A present secret that
   * was never used is void at once instead, if the previous one is still valid: its answer may have been lost, and the client
   * still uses the previous one. Simultaneous rotations happen one after the other. Null if there is no such client, or it is
   * disabled.
   */
  readonly rotateSecret: (id: ClientId, rotation: SecretRotation) => Promise<ServiceClient | null>;
  /** Records that the present secret is in use, if this is it and no use was recorded. */
  readonly recordSecretUse: (id: ClientId, secretDigest: TokenDigest, at: EpochMillis) => Promise<void>;
  /** Disables a client; a disabled client keeps its first time. Null if there is no such client. */
  readonly disable: (id: ClientId, disabledAt: EpochMillis) => Promise<ServiceClient | null>;
  /**
   * Whether the client is enabled and this token of it was not revoked. Called once per request of a service; callers must
   * not cache it.
   */
  readonly check: (id: ClientId, tokenId: string) => Promise<boolean>;
  /** Once it has answered, `check` refuses this token. `expiresAt`: when the token expires; it is stored until then. */
  readonly revokeToken: (tokenId: string, expiresAt: EpochMillis) => Promise<void>;
  /** Removes revoked tokens that have expired, at most `limit`; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type NewServiceClient = Pick<ServiceClient, 'id' | 'name' | 'scopes' | 'createdAt'> & {
  readonly secretDigest: TokenDigest;
};

export type SecretRotation = {
  readonly secretDigest: TokenDigest;
  readonly at: EpochMillis;
  /** Null: no earlier secret is valid any longer. */
  readonly previousExpiresAt: EpochMillis | null;
};

export type ClientWithDigests = {
  readonly client: ServiceClient;
  readonly secretDigest: TokenDigest;
  readonly secretWasUsed: boolean;
  /** Valid until `client.previousSecretExpiresAt`. */
  readonly previousDigest: TokenDigest | null;
};
