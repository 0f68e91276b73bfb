import { clientId } from '@fieldgate/guard/core';
import { createClientSecret } from '../crypto/client-secret.ts';
import { AppError } from '../domain/errors.ts';
import type { Actor } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { checkPage, type Page, type PageQuery } from '../domain/page.ts';
import { parseClientName, parseClientScopes, type ServiceClient } from '../domain/service-client.ts';
import type { ServiceClientStore } from '../stores/ports/service-client-store.ts';
import { createServiceClientTokens, type ServiceClientTokensDeps, toMetadata } from './service-client-tokens.ts';

/** How long the previous secret is still accepted: a working day to deploy the new one everywhere, and a night. */
const overlapMs = 24 * 3_600_000;

type ServiceClientsDeps = ServiceClientTokensDeps & {
  readonly clients: ServiceClientStore;
  readonly createId: () => string;
};

/** A service client and its new secret, which is never shown again. */
export type ClientWithSecret = { readonly client: ServiceClient; readonly secret: string };

export type ClientInput = { readonly name: string; readonly scopes: readonly string[] };

export type RotationOptions = { readonly endPrevious?: boolean };

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
   * Issues a new secret. The one in use is accepted for another day, also if this is repeated after a lost answer; with
   * `endPrevious` every earlier one ends at once. Errors: NOT_FOUND, also for a disabled client.
   */
  const rotateSecret = async (
    id: string,
    actor: Actor,
    { endPrevious = false }: RotationOptions = {},
  ): Promise<ClientWithSecret> => {
    const { secret, digest } = createClientSecret();
    const at = deps.clock();
    const rotation = { secretDigest: digest, at, previousExpiresAt: endPrevious ? null : at + overlapMs };
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

  /** Resolves with a page of the clients, oldest first. Errors: BAD_USER_INPUT (first). */
  const list = async (page: PageQuery): Promise<Page<ServiceClient>> => clients.list(checkPage(page));

  return { create, rotateSecret, disable, list, ...createServiceClientTokens(deps) };
};

const requireFound = (serviceClient: ServiceClient | null): ServiceClient => {
  if (!serviceClient) throw new AppError('NOT_FOUND');
  return serviceClient;
};
