import { type ClientInfo, clientId } from '@fieldgate/guard/core';
import type { AccessTokenClaims, AccessTokens } from '../crypto/access-token.ts';
import { isClientSecret } from '../crypto/client-secret.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { type Actor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import type { ServiceClient } from '../domain/service-client.ts';
import type { ClientWithDigests, ServiceClientStore } from '../stores/ports/service-client-store.ts';

/** How long after its expiry a verifier may accept a token. */
const maxLeewaySeconds = 60;

export type ServiceClientTokensDeps = {
  readonly clients: Pick<ServiceClientStore, 'find' | 'recordSecretUse' | 'revokeToken'>;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
  readonly record: RecordEvent;
};

export type ServiceToken = {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
};

export type ClientCredentials = { readonly id: string; readonly secret: string };

type TokenRef = Pick<AccessTokenClaims, 'tokenId' | 'expiresAt'>;

/** Authenticates service clients, and issues and revokes their tokens. */
export const createServiceClientTokens = (deps: ServiceClientTokensDeps) => {
  const { clients, record } = deps;

  /**
   * Resolves with the enabled client of this id and secret; null if there is none, after `onRejected` has counted the attempt: an error that
   * it resolves with is thrown, and then nothing is recorded.
   */
  const authenticate = async (
    { id, secret }: ClientCredentials,
    client: ClientInfo,
    onRejected: () => Promise<AppError | null>,
  ): Promise<ServiceClient | null> => {
    const found = isUuid(id) ? await clients.find(clientId(id)) : null;
    const reason = rejectionReason(found, secret);
    if (found !== null && reason === null) {
      await recordFirstUse(found, secret);
      return found.client;
    }
    const refusal = await onRejected();
    if (refusal) throw refusal;
    const metadata = found === null ? {} : toMetadata(found.client);
    record({ type: 'client.login_failed', actor: anonymousActor(client), reason, metadata });
    return null;
  };

  /** Before the answer: from then on a rotation keeps this secret. */
  const recordFirstUse = async (found: ClientWithDigests, secret: string): Promise<void> => {
    const { client: serviceClient, secretDigest, secretWasUsed } = found;
    if (secretWasUsed || !isClientSecret(secret, [secretDigest])) return;
    await clients.recordSecretUse(serviceClient.id, secretDigest, deps.clock());
  };

  const rejectionReason = (found: ClientWithDigests | null, secret: string): string | null => {
    if (found === null) return 'CLIENT_UNKNOWN';
    const { client: serviceClient, secretDigest, previousDigest } = found;
    if (serviceClient.disabledAt !== null) return 'CLIENT_DISABLED';
    const overlaps = (serviceClient.previousSecretExpiresAt ?? 0) > deps.clock();
    const digests = previousDigest !== null && overlaps ? [secretDigest, previousDigest] : [secretDigest];
    return isClientSecret(secret, digests) ? null : 'SECRET_WRONG';
  };

  /** Issues an access token to an authenticated client: for the scopes it requests, else for all it may have. Errors: INVALID_SCOPE. */
  const issueToken = async (
    serviceClient: ServiceClient,
    requested: readonly string[] | null,
    client: ClientInfo,
  ): Promise<ServiceToken> => {
    const scopes = requested ?? serviceClient.scopes;
    if (!scopes.every((scope) => serviceClient.scopes.includes(scope))) throw new AppError('INVALID_SCOPE');
    const { token } = await deps.accessTokens.issueToService({
      clientId: serviceClient.id,
      scopes,
      now: toSeconds(deps.clock()),
    });
    record({ type: 'client.token_issued', actor: { kind: 'service', id: serviceClient.id, client } });
    return { accessToken: token, expiresInSeconds: deps.accessTokens.ttlSeconds, scopes };
  };

  /** Revokes one access token. */
  const revokeToken = async ({ tokenId, expiresAt }: TokenRef, actor: Actor): Promise<void> => {
    await clients.revokeToken(tokenId, (expiresAt + maxLeewaySeconds) * 1000);
    record({ type: 'client.token_revoked', actor });
  };

  return { authenticate, issueToken, revokeToken };
};

/** Names a client in an event. */
export const toMetadata = ({ id, name }: ServiceClient) => ({ clientId: id, name });
