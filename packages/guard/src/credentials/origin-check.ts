import type { CredentialSource } from '../domain/authentication.ts';

/** Whether a request may use the cookies that came with it. Asks headers only, so that a WebSocket upgrade can be asked too. */
export type OriginCheck = (source: CredentialSource) => boolean;

/** A content type no form and no page can send to another origin without being asked first (Fetch §2.2.2, preflight). */
const json = /^application\/(?:graphql\+)?json\s*(?:;|$)/i;

/**
 * The check against cross-site request forgery, by what browsers say of the page behind a request and pages cannot change:
 *
 * 1. `Origin`, which comes with everything but plain reads: one of `origins`, compared exactly; the opaque `null` never.
 * 2. Without it `Sec-Fetch-Site`: a page of this very origin (`same-origin`), or a person at the address bar (`none`).
 * 3. With neither it is a program or a browser of before 2023: then it says that it sends JSON, as every client of
 *    GraphQL does, and no other site's page can without a preflight.
 *
 * `origins`: the server's own and those that CORS lets in, as browsers spell them.
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
