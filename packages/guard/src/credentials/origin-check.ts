import type { CredentialSource } from '../domain/authentication.ts';

/** Returns whether a request may use its cookies. Reads headers only, so it works for a WebSocket upgrade too. */
export type OriginCheck = (source: CredentialSource) => boolean;

/** Content types that no form and no page can send to another origin without a preflight (Fetch §2.2.2). */
const json = /^application\/(?:graphql\+)?json\s*(?:;|$)/i;

/**
 * Returns the check against cross-site request forgery. It relies on what browsers say about the page behind a request, which
 * the page cannot change:
 *
 * 1. `Origin`, which browsers send with everything but plain reads: must be one of `origins`, compared exactly. The opaque
 *    origin `null` is never allowed.
 * 2. Without it `Sec-Fetch-Site`: must be `same-origin`, or `none` (typed into the address bar).
 * 3. With neither, the client is a program or a browser older than 2023: the content type must be JSON, as all GraphQL
 *    clients send, and which a page of another site cannot send without a preflight.
 *
 * `origins`: the server's own and those that CORS allows, as browsers write them (`https://app.example.com`).
 *
 * @example
 * const mayUseCookies = createOriginCheck(['https://api.example.com', 'https://app.example.com']);
 */
export const createOriginCheck = (origins: readonly string[]): OriginCheck => {
  const allowed = new Set(origins);
  return (source) => {
    const origin = source.header('origin');
    if (origin !== null) return origin !== 'null' && allowed.has(origin);
    const site = source.header('sec-fetch-site');
    if (site !== null) return site === 'same-origin' || site === 'none';
    return json.test(source.header('content-type') ?? '');
  };
};
