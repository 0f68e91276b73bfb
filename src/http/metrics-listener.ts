import type { RequestListener } from 'node:http';
import { metricsType } from './metrics-route.ts';
import { commonHeaders, noStoreHeaders } from './response.ts';

const plainText = 'text/plain; charset=utf-8';

/** The separate port for metrics: `GET /metrics` and nothing else. */
export const createMetricsListener =
  (text: () => Promise<string>, report: (error: unknown) => void): RequestListener =>
  (request, response) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { ...commonHeaders, ...noStoreHeaders, 'content-type': type });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.url?.split('?')[0] !== '/metrics') return send(404, plainText, 'GET /metrics\n');
    text().then(
      (body) => send(200, metricsType, body),
      (error: unknown) => {
        report(error);
        send(500, plainText, '');
      },
    );
  };
