import { type ClientInfo, clientId } from '@fieldgate/guard/core';
import type { AccessTokenClaims, AccessTokens } from '../crypto/access-token.ts';
import { createClientSecret, isClientSecret } from '../crypto/client-secret.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { type Actor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { parseClientName, parseClientScopes, type ServiceClient } from '../domain/service-client.ts';
import type { ClientWithDigests, ServiceClientStore } from '../stores/ports/service-client-store.ts';

/** How long the previous secret is still accepted: a working day to deploy the new one everywhere, and a night. */
const overlapMs = 24 * 3_600_000;

type ServiceClientsDeps = {
  readonly clients: ServiceClientStore;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

/** A service client and its new secret, which is never shown again. */
export type ClientWithSecret = { readonly client: ServiceClient; readonly secret: string };

export type ServiceToken = {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
};

export type ClientInput = { readonly name: string; readonly scopes: readonly string[] };

export type ServiceClients = ReturnType<typeof createServiceClients>;

/** Services that sign in as themselves, and the tokens issued to them. */
export const createServiceClients = (deps: ServiceClientsDeps) => {
  const { clients, record } = deps;

  /** Creates a service client. Errors: BAD_USER_INPUT (name, scopes). */
  const create = async (input: ClientInput, actor: Actor): Promise<ClientWithSecret> => {
    const { secret, digest } = createClientSecret();
    const serviceClient = await clients.create({
      id: clientId(deps.createId()),
      name: parseClientName(input.name),
      scopes: parseClientScopes(input.scopes),
      createdAt: deps.clock(),
      secretDigest: digest,
    });
    record({ type: 'client.created', actor, metadata: toMetadata(serviceClient) });
    return { client: serviceClient, secret };
  };

  /**
   * Issues a new secret. The current one is accepted for another day, the one before it no longer; so rotating twice ends a
   * leaked secret at once. Errors: NOT_FOUND, also for a disabled client.
   */
  const rotateSecret = async (id: string, actor: Actor): Promise<ClientWithSecret> => {
    const { secret, digest } = createClientSecret();
    const rotation = { secretDigest: digest, previousExpiresAt: deps.clock() + overlapMs };
    const serviceClient = requireFound(isUuid(id) ? await clients.rotateSecret(clientId(id), rotation) : null);
    record({ type: 'client.secret_rotated', actor, metadata: toMetadata(serviceClient) });
    return { client: serviceClient, secret };
  };

  /** Disables a client for good; its tokens are rejected from the response on. Errors: NOT_FOUND. */
  const disable = async (id: string, actor: Actor): Promise<ServiceClient> => {
    const at = deps.clock();
    const serviceClient = requireFound(isUuid(id) ? await clients.disable(clientId(id), at) : null);
    if (serviceClient.disabledAt === at)
      record({ type: 'client.disabled', actor, metadata: toMetadata(serviceClient) });
    return serviceClient;
  };

  /** Resolves with the enabled client of this id and secret; null if there is none. */
  const authenticate = async (id: string, secret: string, client: ClientInfo): Promise<ServiceClient | null> => {
    const found = isUuid(id) ? await clients.find(clientId(id)) : null;
    const reason = rejectionReason(found, secret);
    if (found !== null && reason === null) return found.client;
    const metadata = found === null ? {} : toMetadata(found.client);
    record({ type: 'client.login_failed', actor: anonymousActor(client), reason, metadata });
    return null;
  };

  const rejectionReason = (found: ClientWithDigests | null, secret: string): string | null => {
    if (found === null) return 'CLIENT_UNKNOWN';
    const { client: serviceClient, secretDigest, previousDigest } = found;
    if (serviceClient.disabledAt !== null) return 'CLIENT_DISABLED';
    const overlaps = (serviceClient.previousSecretExpiresAt ?? 0) > deps.clock();
    const digests = previousDigest !== null && overlaps ? [secretDigest, previousDigest] : [secretDigest];
    return isClientSecret(secret, digests) ? null : 'SECRET_WRONG';
  };

  /** Issues an access token to an authenticated client: for the scopes it asks for, else for all it may have. Errors: INVALID_SCOPE. */
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
  const revokeToken = async ({ tokenId, expiresAt }: TokenName, actor: Actor): Promise<void> => {
    await clients.revokeToken(tokenId, (expiresAt + maxLeewaySeconds) * 1000);
    record({ type: 'client.token_revoked', actor });
  };

  return { create, rotateSecret, disable, authenticate, issueToken, revokeToken, list: clients.list };
};

type TokenName = Pick<AccessTokenClaims, 'tokenId' | 'expiresAt'>;

/** Names a client in an event. */
const toMetadata = ({ id, name }: ServiceClient) => ({ clientId: id, name });

/** How long after its expiry a verifier may accept a token. */
const maxLeewaySeconds = 60;

const requireFound = (serviceClient: ServiceClient | null): ServiceClient => {
  if (!serviceClient) throw new AppError('NOT_FOUND');
  return serviceClient;
};
