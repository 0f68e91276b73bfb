import { json, type Route } from '../router.ts';
import { endpointPaths } from './paths.ts';

const secretMethods = ['client_secret_basic', 'client_secret_post'];

/**
 * What a client may rely on (RFC 8414 §2), and nothing that is not there. The same for both well-known places: OpenID
 * Connect's is where many libraries look, but this is no OpenID provider and does not say that it is one.
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
  /** Its URL, as clients ask for it. */
  readonly resource: string;
  readonly issuer: string;
  readonly scopes: () => readonly string[];
};

/** What a client that is refused needs to know of the GraphQL endpoint as a protected resource (RFC 9728 §2). */
export const createResourceMetadataEndpoint =
  ({ resource, issuer, scopes }: Resource): Route =>
  () =>
    json(200, {
      resource,
      authorization_servers: [issuer],
      scopes_supported: scopes(),
      bearer_methods_supported: ['header'],
    });
