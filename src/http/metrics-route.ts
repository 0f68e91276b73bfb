import { isLoopbackHost } from '../domain/loopback.ts';
import { errorResponse } from './error-response.ts';
import type { Route } from './route.ts';

/** Prometheus' text format. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** The name that the client asked for: a page of another site that points its name to this machine (DNS rebinding) sends that name. */
const isAskedByName = (request: Request): boolean =>
  !isLoopbackHost(request.headers.get('host') ?? new URL(request.url).host);

const loopback = /^(?:::ffff:)?127\.|^::1$/;

/** Headers that proxies add. They are accepted from any sender here, because they can only take access away. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * `GET /metrics` on the public port. Metrics show how a server is used and how much load it bears, so only callers on this
 * machine get them, by its own name, and no request that a proxy on it forwards.
 */
export const createMetricsRoute =
  (text: () => Promise<string>): Route =>
  async (request, { client }) =>
    loopback.test(client.ip ?? '') &&
    !isAskedByName(request) &&
    !proxyHeaders.some((header) => request.headers.has(header))
      ? new Response(await text(), { headers: { 'content-type': metricsType } })
      : errorResponse(404, { code: 'NOT_FOUND', message: 'There is nothing here.' });
