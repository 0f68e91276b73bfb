import { refusal } from './refusal.ts';
import type { Route } from './route.ts';

/** Prometheus' text format. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

const loopback = /^(?:::ffff:)?127\.|^::1$/;

/** Headers that proxies add. They are believed from anybody here, because they can only take access away. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * `GET /metrics` on the public port. Metrics show how a server is used and how much load it bears, so only callers on this
 * machine get them, and no request that a proxy on it forwards.
 */
export const createMetricsRoute =
  (text: () => Promise<string>): Route =>
  async (request, { client }) =>
    loopback.test(client.ip ?? '') && !proxyHeaders.some((header) => request.headers.has(header))
      ? new Response(await text(), { headers: { 'content-type': metricsType } })
      : refusal(404, 'NOT_FOUND', 'There is nothing here.');
