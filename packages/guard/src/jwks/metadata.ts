import { fetchJson, requireSecureUrl } from './fetch-json.ts';

/** What is read of an issuer's metadata. */
export type IssuerMetadata = { readonly jwksUri: URL; readonly introspectionEndpoint: URL | null };

/** OpenID Connect Discovery §4 appends the path, RFC 8414 §3.1 puts it in front of the issuer's. */
const addressesOf = (issuer: URL): readonly URL[] => {
  const path = issuer.pathname.replace(/\/$/, '');
  return [`${path}/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server${path}`].map(
    (pathname) => new URL(pathname, issuer),
  );
};

/**
 * Returns the metadata of an issuer. Rejects if there is none, or if it names another issuer (RFC 8414 §3.3): its keys would
 * be those of whoever wrote it.
 */
export const loadMetadata = async (issuer: string, timeoutMs: number): Promise<IssuerMetadata> => {
  const problems: string[] = [];
  for (const address of addressesOf(new URL(issuer))) {
    try {
      const metadata = await fetchJson(address, { timeoutMs });
      if (metadata['issuer'] !== issuer) throw new Error('it is the metadata of another issuer');
      const introspection = metadata['introspection_endpoint'];
      return {
        jwksUri: requireSecureUrl(String(metadata['jwks_uri']), 'jwks_uri'),
        introspectionEndpoint:
          introspection === undefined ? null : requireSecureUrl(String(introspection), 'introspection_endpoint'),
      };
    } catch (error) {
      problems.push(`${address.pathname}: ${error instanceof Error ? error.message : 'failed'}`);
    }
  }
  throw new Error(`the metadata of the issuer could not be read (${problems.join('; ')})`);
};

/** Returns a function that loads once, and again only if that failed: at most once in the given time. */
export const loadOnce = <Value>(load: () => Promise<Value>, cooldownMs: number): (() => Promise<Value>) => {
  let known: Promise<Value> | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;
  return () => {
    const isDue = hasFailed && performance.now() - triedAt >= cooldownMs;
    if (known !== null && !isDue) return known;
    triedAt = performance.now();
    hasFailed = false;
    known = load();
    known.catch(() => {
      hasFailed = true;
    });
    return known;
  };
};
