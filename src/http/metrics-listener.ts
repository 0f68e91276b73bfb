import type { RequestListener } from 'node:http';
import { isLoopbackHost } from '../domain/loopback.ts';
import { metricsType } from './metrics-route.ts';
import { commonHeaders, noStoreHeaders } from './response.ts';

const plainText = 'text/plain; charset=utf-8';

type MetricsListenerDeps = {
  readonly text: () => Promise<string>;
  readonly report: (error: unknown) => void;
  /** Where it listens. On this machine only, the Host header must name this machine too (DNS rebinding). */
  readonly host: string;
};

/** The separate port for metrics: `GET /metrics` and nothing else. */
export const createMetricsListener =
  ({ text, report, host }: MetricsListenerDeps): RequestListener =>
  (request, response) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { ...commonHeaders, ...noStoreHeaders, 'content-type': type });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.url?.split('?')[0] !== '/metrics') return send(404, plainText, 'GET /metrics\n');
    if (isLoopbackHost(host) && !isLoopbackHost(request.headers.host ?? '')) {
      return send(403, plainText, 'Use localhost as the host.\n');
    }
    text().then(
      (body) => send(200, metricsType, body),
      (error: unknown) => {
        report(error);
        send(500, plainText, '');
      },
    );
  };
