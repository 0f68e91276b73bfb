import type { Authenticator, CredentialSource } from '@fieldgate/guard';
import { presentedBearer } from '@fieldgate/guard/server';
import { AppError } from '../../domain/errors.ts';
import type { Roles } from '../../domain/role.ts';
import type { AccessTokenClaims, Introspect } from '../../services/introspection.ts';
import type { Route } from '../route.ts';
import type { ClientRequest, IdentifyClient } from './client-authentication.ts';
import { invalidRequest, readForm, required } from './parameters.ts';
import { tokenResponse } from './responses.ts';

type IntrospectionEndpointDeps = {
  readonly roles: Roles;
  readonly identifyClient: IdentifyClient;
  readonly introspect: Introspect;
  readonly authenticate: Authenticator;
  readonly issuer: string;
  readonly audience: string;
};

const inactive = { active: false } as const;

/**
 * `POST /introspect` (RFC 7662), for service clients and administrators. Only access tokens are ever active: a resource server
 * never receives refresh tokens. Every other text gets the same response, which reveals nothing.
 */
export const createIntrospectionEndpoint =
  (deps: IntrospectionEndpointDeps): Route =>
  async (request, { client, rateLimits }) => {
    const parameters = await readForm(request);
    await requireIntrospectionRight({ request, parameters, client, rateLimits }, deps);
    const claims = await deps.introspect(required(parameters, 'token'));
    return tokenResponse(claims ? toBody(claims, deps) : inactive);
  };

const requireIntrospectionRight = async (
  clientRequest: ClientRequest,
  deps: IntrospectionEndpointDeps,
): Promise<void> => {
  const { request, parameters } = clientRequest;
  const source = { header: (name: string) => request.headers.get(name) };
  const hasBearer = presentedBearer(source) !== null;
  if (hasBearer && parameters.has('client_secret')) {
    throw invalidRequest('The caller identifies itself in two ways. Use either a Bearer token or client_secret.');
  }
  if (hasBearer) return requireAdministrator(source, deps);
  const oauthClient = await deps.identifyClient(clientRequest);
  if (oauthClient.kind !== 'service') throw new AppError('INVALID_CLIENT', { reason: 'BEARER_TOO' });
};

const requireAdministrator = async (
  source: CredentialSource,
  { authenticate, roles }: Pick<IntrospectionEndpointDeps, 'authenticate' | 'roles'>,
): Promise<void> => {
  const authentication = await authenticate(source);
  if (authentication.kind !== 'accepted') throw new AppError('UNAUTHENTICATED');
  const { viewer } = authentication;
  if (viewer.kind !== 'account' || viewer.role !== roles.administrator) throw new AppError('FORBIDDEN');
};

const toBody = (claims: AccessTokenClaims, { issuer, audience }: IntrospectionEndpointDeps): object => ({
  active: true,
  scope: claims.scopes.join(' '),
  client_id: claims.clientId,
  token_type: 'Bearer',
  exp: claims.expiresAt,
  iat: claims.issuedAt,
  sub: claims.kind === 'account' ? claims.userId : claims.clientId,
  aud: audience,
  iss: issuer,
  jti: claims.tokenId,
  ...(claims.kind === 'account' ? { sid: claims.sessionId, role: claims.role } : {}),
});
