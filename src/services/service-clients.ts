import type { AccessTokenClaims, AccessTokens } from '../crypto/access-token.ts';
import { createClientSecret, isClientSecret } from '../crypto/client-secret.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { clientId, isUuid } from '../domain/ids.ts';
import { parseClientName, parseClientScopes, type ServiceClient } from '../domain/service-client.ts';
import type { ServiceClientStore } from '../stores/service-client-store.ts';

/** How long the secret before the present one is accepted: a working day to bring the new one everywhere, and a night. */
const overlapMs = 24 * 3_600_000;

type Dependencies = {
  readonly clients: ServiceClientStore;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
  readonly createId: () => string;
};

/** A client and its new secret, which is never shown again. */
export type ClientWithSecret = { readonly client: ServiceClient; readonly secret: string };

export type ServiceToken = {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
};

export type ServiceClients = ReturnType<typeof createServiceClients>;

/** Services that sign in as themselves, and the tokens they get. */
export const createServiceClients = (deps: Dependencies) => {
  const { clients } = deps;

  /** Errors: BAD_USER_INPUT (name, scopes). */
  const create = async (input: {
    readonly name: string;
    readonly scopes: readonly string[];
  }): Promise<ClientWithSecret> => {
    const { secret, digest } = createClientSecret();
    const client = await clients.create({
      id: clientId(deps.createId()),
      name: parseClientName(input.name),
      scopes: parseClientScopes(input.scopes),
      createdAt: deps.clock(),
      secretDigest: digest,
    });
    return { client, secret };
  };

  /**
   * A new secret. The present one is accepted for another day; the one before it no more. Rotating twice therefore ends a
   * secret that leaked at once. Errors: NOT_FOUND, also for a client that is off.
   */
  const rotateSecret = async (id: string): Promise<ClientWithSecret> => {
    const { secret, digest } = createClientSecret();
    const rotation = { secretDigest: digest, previousExpiresAt: deps.clock() + overlapMs };
    const client = isUuid(id) ? await clients.rotateSecret(clientId(id), rotation) : null;
    return { client: requireFound(client), secret };
  };

  /** Switches a client off for good; its live tokens are refused from the answer on. Errors: NOT_FOUND. */
  const disable = async (id: string): Promise<ServiceClient> =>
    requireFound(isUuid(id) ? await clients.disable(clientId(id), deps.clock()) : null);

  /** The client this id and secret belong to; null if there is none that is on. */
  const authenticate = async (id: string, secret: string): Promise<ServiceClient | null> => {
    const found = isUuid(id) ? await clients.find(clientId(id)) : null;
    if (!found || found.client.disabledAt !== null) return null;
    const { client, secretDigest, previousDigest } = found;
    const overlaps = (client.previousSecretExpiresAt ?? 0) > deps.clock();
    const digests = previousDigest !== null && overlaps ? [secretDigest, previousDigest] : [secretDigest];
    return isClientSecret(secret, digests) ? client : null;
  };

  /** An access token for a client that has proved itself: for the scopes it asks for, or all it may have. Errors: INVALID_SCOPE. */
  const issueToken = (client: ServiceClient, requested: readonly string[] | null): ServiceToken => {
    const scopes = requested ?? client.scopes;
    if (!scopes.every((scope) => client.scopes.includes(scope))) throw new AppError('INVALID_SCOPE');
    const { token } = deps.accessTokens.issueToService({ clientId: client.id, scopes, now: toSeconds(deps.clock()) });
    return { accessToken: token, expiresInSeconds: deps.accessTokens.ttlSeconds, scopes };
  };

  /** Ends one token before its time. */
  const revokeToken = ({ tokenId, expiresAt }: Pick<AccessTokenClaims, 'tokenId' | 'expiresAt'>): Promise<void> =>
    clients.revokeToken(tokenId, (expiresAt + longestLeewaySeconds) * 1000);

  return { create, rotateSecret, disable, authenticate, issueToken, revokeToken, list: clients.list };
};

/** A verifier may accept a token that long after its end. */
const longestLeewaySeconds = 60;

const requireFound = (client: ServiceClient | null): ServiceClient => {
  if (!client) throw new AppError('NOT_FOUND');
  return client;
};
