/** Where the endpoints are, below the issuer. */
export const endpointPaths = {
  token: '/token',
  revocation: '/revoke',
  introspection: '/introspect',
  jwks: '/.well-known/jwks.json',
} as const;

/**
 * Where the metadata is. RFC 8414 §3.1 puts the path of an issuer behind the well-known name, where a proxy that takes the
 * path away does not reach; OpenID Connect puts the name behind the path.
 */
export const metadataPaths = (issuer: string): readonly string[] => {
  const issuerPath = new URL(issuer).pathname.replace(/\/$/, '');
  const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
  return [...new Set([...wellKnown, `/.well-known/oauth-authorization-server${issuerPath}`])];
};
