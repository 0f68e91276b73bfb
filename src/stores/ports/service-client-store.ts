import type { ClientId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { TokenDigest } from '../../domain/ids.ts';
import type { ServiceClient } from '../../domain/service-client.ts';

/**
 * Service clients, and which of their tokens were revoked one by one. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/service-client-store.ts` is the definition; every adapter runs it.
 */
export type ServiceClientStore = {
  readonly create: (client: NewServiceClient) => Promise<ServiceClient>;
  /** For checking a secret; the digests go no further than the service that asks. */
  readonly find: (id: ClientId) => Promise<ClientWithDigests | null>;
  /** All of them, oldest first. There are few: each is made by hand. */
  readonly list: () => Promise<readonly ServiceClient[]>;
  /**
   * A new secret; the present one becomes the previous one, and the one before that is void at once. Of simultaneous
   * rotations each sees what the one before left. Null if there is no such client that is on.
   */
  readonly rotateSecret: (id: ClientId, rotation: SecretRotation) => Promise<ServiceClient | null>;
  /** Switches off; one that is off already keeps the time it was. Null if there is no such client. */
  readonly disable: (id: ClientId, disabledAt: EpochMillis) => Promise<ServiceClient | null>;
  /**
   * Whether a token of this client is still good: the client is on, and this token was not revoked. Asked once per request
   * of a service, and kept by nobody who asks.
   */
  readonly check: (id: ClientId, tokenId: string) => Promise<boolean>;
  /** From the answer on, `check` refuses this token. `expiresAt` is when it would have ended, and need be kept no longer. */
  readonly revokeToken: (tokenId: string, expiresAt: EpochMillis) => Promise<void>;
  /** Forgets revoked tokens that have expired, a bounded number at a time; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type NewServiceClient = Pick<ServiceClient, 'id' | 'name' | 'scopes' | 'createdAt'> & {
  readonly secretDigest: TokenDigest;
};

export type SecretRotation = { readonly secretDigest: TokenDigest; readonly previousExpiresAt: EpochMillis };

export type ClientWithDigests = {
  readonly client: ServiceClient;
  readonly secretDigest: TokenDigest;
  /** Good until `client.previousSecretExpiresAt`. */
  readonly previousDigest: TokenDigest | null;
};
