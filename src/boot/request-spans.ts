import type { TraceFetch } from '../http/fetch-handler.ts';
import type { TraceOf } from '../http/node-listener.ts';
import type { RequestHead, Tracing } from '../telemetry/tracing/tracing.ts';

type RouteOf = (target: string) => string;

/** Starts the span of a request on a socket. It ends when the response has been sent, or the client has disconnected. */
export const traceSocket =
  (tracing: Tracing, routeOf: RouteOf): TraceOf =>
  ({ method = '', url = '', headers, socket }, response) => {
    const { traceparent } = headers;
    const { traceId, within, end } = tracing.begin({
      method,
      route: knownRoute(routeOf(url)),
      scheme: 'encrypted' in socket ? 'https' : 'http',
      traceparent: typeof traceparent === 'string' ? traceparent : null,
    });
    response.once('close', () => end(response.headersSent ? response.statusCode : null));
    return { traceId, within };
  };

/** The same for a Fetch request; its span ends when there is a response. */
export const traceFetch =
  (tracing: Tracing, routeOf: RouteOf): TraceFetch =>
  async (request, run) => {
    const { within, end } = tracing.begin(headOf(request, routeOf));
    let status: number | null = null;
    try {
      const answer = await within(run);
      status = answer.status;
      return answer;
    } finally {
      end(status);
    }
  };

const headOf = ({ method, url, headers }: Request, routeOf: RouteOf): RequestHead => {
  const { protocol, pathname } = new URL(url);
  return {
    method,
    route: knownRoute(routeOf(pathname)),
    scheme: protocol === 'https:' ? 'https' : 'http',
    traceparent: headers.get('traceparent'),
  };
};

const knownRoute = (route: string): string | null => (route === 'none' ? null : route);
