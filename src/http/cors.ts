/** Headers that let the pages of another origin read an answer; none for unknown origins and for the opaque origin `null`. */
export type Cors = {
  readonly headersFor: (origin: string | null) => Readonly<Record<string, string>>;
  readonly preflightHeadersFor: (origin: string | null) => Readonly<Record<string, string>>;
};

/** Request headers that pages may send: ours, those of Apollo Client, and of tracing (W3C). */
const requestHeaders = [
  'Authorization, X-API-Key, Content-Type, Accept, X-Request-Id',
  'Apollo-Require-Preflight, ApolloGraphQL-Client-Name, ApolloGraphQL-Client-Version',
  'Traceparent, Tracestate, Baggage',
].join(', ');

/**
 * CORS by an exact list. An origin that is not on it gets no CORS header at all, so that its pages learn
 * nothing (a reflected or `null` allowance would let a sandboxed frame read answers).
 */
export const createCors = (origins: readonly string[]): Cors => {
  const allowed = new Set(origins);
  const headersFor = (origin: string | null): Readonly<Record<string, string>> =>
    origin !== null && allowed.has(origin)
      ? {
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
        }
      : {};
  return {
    headersFor,
    preflightHeadersFor: (origin) =>
      origin !== null && allowed.has(origin)
        ? {
            ...headersFor(origin),
            'access-control-allow-methods': 'GET, POST, OPTIONS',
            'access-control-allow-headers': requestHeaders,
            'access-control-max-age': '600',
          }
        : {},
  };
};
