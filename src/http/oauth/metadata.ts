import type { Route } from '../route.ts';
import { json } from '../router.ts';
import { endpointPaths } from './paths.ts';

const secretMethods = ['client_secret_basic', 'client_secret_post'];

/**
 * Authorization server metadata (RFC 8414 §2), with only what exists. The same at both well-known paths: many libraries use
 * OpenID Connect's, but this is not an OpenID provider and does not claim to be one.
 */
export const createMetadataEndpoint = (issuer: string, grantTypes: readonly string[]): Route => {
  const metadata = {
    issuer,
    token_endpoint: issuer + endpointPaths.token,
    revocation_endpoint: issuer + endpointPaths.revocation,
    introspection_endpoint: issuer + endpointPaths.introspection,
    jwks_uri: issuer + endpointPaths.jwks,
    grant_types_supported: grantTypes,
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['none', ...secretMethods],
    revocation_endpoint_auth_methods_supported: ['none', ...secretMethods],
    introspection_endpoint_auth_methods_supported: [...secretMethods, 'Bearer'],
  };
  return () => json(200, metadata);
};

type Resource = {
  /** Its URL, as clients request it. */
  readonly resource: string;
  readonly issuer: string;
  readonly scopes: () => readonly string[];
};

/** Protected resource metadata of the GraphQL endpoint (RFC 9728 §2), to which a 401 refers. */
export const createResourceMetadataEndpoint =
  ({ resource, issuer, scopes }: Resource): Route =>
  () =>
    json(200, {
      resource,
      authorization_servers: [issuer],
      scopes_supported: scopes(),
      bearer_methods_supported: ['header'],
    });
