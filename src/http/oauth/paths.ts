/** Where the endpoints are, below the issuer. */
export const endpointPaths = {
  token: '/token',
  revocation: '/revoke',
  introspection: '/introspect',
  jwks: '/.well-known/jwks.json',
} as const;

/** Where a browser begins a sign-in at a provider, and where the provider sends it back to. */
export const identityPaths = (provider: string) => ({
  begin: `/oauth/${provider}`,
  callback: `/oauth/${provider}/callback`,
});

/**
 * Where the metadata is. RFC 8414 §3.1 puts the path of an issuer behind the well-known name, where a proxy that takes the
 * path away does not reach; OpenID Connect puts the name behind the path.
 */
export const metadataPaths = (issuer: string): readonly string[] => {
  const issuerPath = pathOf(issuer);
  const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
  return [...new Set([...wellKnown, `/.well-known/oauth-authorization-server${issuerPath}`])];
};

/** Where the metadata of a resource is: its path goes behind the well-known name (RFC 9728 §3.1). */
export const resourceMetadataUrl = (resource: string): string =>
  `${new URL(resource).origin}${protectedResource}${pathOf(resource)}`;

/** The same as paths of this server, also behind a proxy that takes the issuer's path away. */
export const resourceMetadataPaths = (issuer: string, resource: string): readonly string[] => [
  ...new Set([pathOf(resource), resource.slice(issuer.length)].map((path) => protectedResource + path)),
];

const protectedResource = '/.well-known/oauth-protected-resource';

const pathOf = (url: string): string => new URL(url).pathname.replace(/\/$/, '');
