import { refusal } from '../../http/refusal.ts';
import type { Route } from '../../http/router.ts';
import { metricsType } from './metrics.ts';

/** Callers on this machine. */
const loopback = /^(?:::ffff:)?127\.|^::1$/;

/** What proxies say of themselves, believed here from anybody: it only takes away. */
const proxied = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * `GET /metrics` on the port that everybody reaches. How a server is used and how much it can bear is nobody else's
 * business, so it is there for callers on this machine only, and not for what a proxy on it hands on.
 */
export const createMetricsRoute =
  (text: () => Promise<string>): Route =>
  async (request, { client }) =>
    loopback.test(client.ip ?? '') && !proxied.some((header) => request.headers.has(header))
      ? new Response(await text(), { headers: { 'content-type': metricsType } })
      : refusal(404, 'NOT_FOUND', 'There is nothing here.');
