import type { RequestListener } from 'node:http';
import { commonHeaders, noStoreHeaders } from '../../http/response-headers.ts';
import { metricsType } from './metrics.ts';

/** The port of metrics: `GET /metrics` and nothing else. */
export const createMetricsListener =
  (text: () => Promise<string>, report: (error: unknown) => void): RequestListener =>
  (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { ...commonHeaders, ...noStoreHeaders, 'content-type': type });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    const isAsked =
      (request.method === 'GET' || request.method === 'HEAD') && request.url?.split('?')[0] === '/metrics';
    if (!isAsked) return answer(404, 'text/plain; charset=utf-8', 'GET /metrics\n');
    text().then(
      (body) => answer(200, metricsType, body),
      (error: unknown) => {
        report(error);
        answer(500, 'text/plain; charset=utf-8', '');
      },
    );
  };
