/** The paths of the endpoints, relative to the issuer. */
export const endpointPaths = {
  token: '/token',
  revocation: '/revoke',
  introspection: '/introspect',
  jwks: '/.well-known/jwks.json',
} as const;

/** The paths where a browser starts a sign-in at a provider, and where the provider sends it back to. */
export const identityPaths = (provider: string) => ({
  begin: `/oauth/${provider}`,
  callback: `/oauth/${provider}/callback`,
});

/**
 * The paths of the metadata. RFC 8414 §3.1 appends the path of an issuer to the well-known name, where a proxy that strips the
 * path does not find it; OpenID Connect appends the name to the path.
 */
export const metadataPaths = (issuer: string): readonly string[] => {
  const issuerPath = pathOf(issuer);
  const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
  return [...new Set([...wellKnown, `/.well-known/oauth-authorization-server${issuerPath}`])];
};

/** The URL of a resource's metadata: its path is appended to the well-known name (RFC 9728 §3.1). */
export const resourceMetadataUrl = (resource: string): string =>
  `${new URL(resource).origin}${protectedResource}${pathOf(resource)}`;

/** The same as paths of this server, also behind a proxy that strips the issuer's path. */
export const resourceMetadataPaths = (issuer: string, resource: string): readonly string[] => [
  ...new Set([pathOf(resource), resource.slice(issuer.length)].map((path) => protectedResource + path)),
];

const protectedResource = '/.well-known/oauth-protected-resource';

const pathOf = (url: string): string => new URL(url).pathname.replace(/\/$/, '');
