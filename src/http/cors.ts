/** Headers that let the pages of another origin read an answer; none for unknown origins and for the opaque origin `null`. */
export type Cors = {
  readonly headersFor: (origin: string | null) => Readonly<Record<string, string>>;
  readonly preflightHeadersFor: (origin: string | null) => Readonly<Record<string, string>>;
};

type CorsOptions = {
  /** Exactly as browsers send them. */
  readonly origins: readonly string[];
  /** Request headers that pages may send besides the built-in ones. */
  readonly headers?: readonly string[];
  /** Called with each origin that gets no header. */
  readonly onRefused?: (origin: string) => void;
};

/** Request headers that pages may send: ours, those of GraphQL clients, and those that tracing tools add to every request. */
const builtInHeaders = [
  ...['Authorization', 'X-API-Key', 'Content-Type', 'Accept', 'X-Request-Id', 'X-Correlation-Id', 'X-Requested-With'],
  ...[
    'Apollo-Require-Preflight',
    'ApolloGraphQL-Client-Name',
    'ApolloGraphQL-Client-Version',
    'X-Apollo-Operation-Name',
  ],
  ...['Traceparent', 'Tracestate', 'Baggage', 'Sentry-Trace'],
  ...['X-Datadog-Trace-Id', 'X-Datadog-Parent-Id', 'X-Datadog-Origin', 'X-Datadog-Sampling-Priority', 'X-Datadog-Tags'],
  ...['B3', 'X-B3-TraceId', 'X-B3-SpanId', 'X-B3-ParentSpanId', 'X-B3-Sampled', 'X-B3-Flags', 'Uber-Trace-Id'],
  ...[
    'Newrelic',
    'Elastic-Apm-Traceparent',
    'Request-Id',
    'Request-Context',
    'X-Amzn-Trace-Id',
    'X-Cloud-Trace-Context',
  ],
];

/**
 * CORS by an exact list. An origin that is not on it gets no CORS header at all, so that its pages learn
 * nothing (a reflected or `null` allowance would let a sandboxed frame read answers).
 */
export const createCors = ({ origins, headers = [], onRefused = () => {} }: CorsOptions): Cors => {
  const allowed = new Set(origins);
  const requestHeaders = [...builtInHeaders, ...headers].join(', ');
  const headersFor = (origin: string | null): Readonly<Record<string, string>> => {
    if (origin === null) return {};
    if (!allowed.has(origin)) {
      onRefused(origin);
      return {};
    }
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
    };
  };
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
