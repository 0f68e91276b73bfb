import type { Authenticator } from '@fieldgate/guard';
import type { Roles } from '../../domain/role.ts';
import type { Introspect } from '../../services/introspection.ts';
import type { Limits } from '../../services/limits.ts';
import type { Revoke } from '../../services/revocation.ts';
import type { ServiceClients } from '../../services/service-clients.ts';
import type { Sessions } from '../../services/sessions.ts';
import type { Route } from '../route.ts';
import { createIdentifyClient } from './client-authentication.ts';
import { clientCredentialsGrant } from './grants/client-credentials.ts';
import { passwordGrant } from './grants/password.ts';
import { refreshTokenGrant } from './grants/refresh-token.ts';
import { createIntrospectionEndpoint } from './introspect.ts';
import { createJwksEndpoint } from './jwks.ts';
import { createMetadataEndpoint, createResourceMetadataEndpoint } from './metadata.ts';
import { endpointPaths, metadataPaths, resourceMetadataPaths } from './paths.ts';
import { handleErrors } from './responses.ts';
import { createRevocationEndpoint } from './revoke.ts';
import { createTokenEndpoint } from './token.ts';

type OAuthRoutesDeps = {
  readonly roles: Roles;
  readonly issuer: string;
  readonly audience: string;
  /** The URL of the GraphQL endpoint, and the scopes its rules require. */
  readonly resource: string;
  readonly scopes: () => readonly string[];
  readonly sessions: Sessions;
  readonly serviceClients: ServiceClients;
  readonly revoke: Revoke;
  readonly introspect: Introspect;
  /** For callers of introspection with a token of their own. */
  readonly authenticate: Authenticator;
  readonly publicKeys: () => { readonly keys: readonly object[] };
  readonly publicKeysMaxAgeSeconds: number;
  readonly consume: Limits['consume'];
  readonly report: (error: unknown, requestId: string) => void;
};

/** Creates the OAuth endpoints, by path. The rules are in the services; this is their HTTP form. */
export const createOAuthRoutes = (deps: OAuthRoutesDeps): Readonly<Record<string, Readonly<Record<string, Route>>>> => {
  const { sessions, serviceClients, revoke, report } = deps;
  const identifyClient = createIdentifyClient(deps);
  const grants = new Map([
    ['password', passwordGrant(sessions)],
    ['refresh_token', refreshTokenGrant(sessions)],
    ['client_credentials', clientCredentialsGrant(serviceClients)],
  ]);
  const metadata = { GET: createMetadataEndpoint(deps.issuer, [...grants.keys()]) };
  const resourceMetadata = { GET: createResourceMetadataEndpoint(deps) };
  return {
    [endpointPaths.token]: { POST: handleErrors(createTokenEndpoint({ ...deps, identifyClient, grants }), report) },
    [endpointPaths.revocation]: { POST: handleErrors(createRevocationEndpoint({ identifyClient, revoke }), report) },
    [endpointPaths.introspection]: {
      POST: handleErrors(createIntrospectionEndpoint({ ...deps, identifyClient }), report),
    },
    [endpointPaths.jwks]: { GET: createJwksEndpoint(deps.publicKeys, deps.publicKeysMaxAgeSeconds) },
    ...Object.fromEntries(metadataPaths(deps.issuer).map((path) => [path, metadata])),
    ...Object.fromEntries(resourceMetadataPaths(deps.issuer, deps.resource).map((path) => [path, resourceMetadata])),
  };
};
