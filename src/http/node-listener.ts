import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { noClient } from '../domain/client.ts';
import { loggable } from '../domain/event.ts';
import { createRequestState } from '../graphql/context.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import { maskCredentials } from './credentials-in-url.ts';
import { errorResponse } from './error-response.ts';
import { faultResponse } from './fault-response.ts';
import { type BodyRefusal, headersOf, readBody } from './request-body.ts';
import { type HeadersFor, writeResponse } from './response.ts';
import type { CountRefused, Handle, HttpResponse } from './route.ts';

export type NodeListenerDeps = {
  readonly handle: Handle;
  readonly countRefused: CountRefused;
  readonly headersFor: HeadersFor;
  readonly clientAddress: (request: IncomingMessage) => string | null;
  readonly createId: () => string;
  /** While it is stopping, connections are closed with the answer that is being written. */
  readonly lifecycle: { readonly isStopping: boolean };
  /** Called with failures below the router: broken sockets and faults of the server. */
  readonly reportFault: (error: unknown, requestId: string) => void;
  /** Null where no request is logged or counted. */
  readonly onCompleted: ((answered: CompletedRequest) => void) | null;
  /** Monotonic clock (performance.now), milliseconds. */
  readonly now: () => number;
  /** Null where nothing is traced. */
  readonly traceOf: TraceOf | null;
};

/** Starts the trace of a request. Everything but reading the body runs within it. */
export type TraceOf = (
  request: IncomingMessage,
  response: ServerResponse,
) => { readonly traceId: string; readonly within: <Result>(run: () => Result) => Result };

export type CompletedRequest = {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly status: number;
  /** By `now`. */
  readonly startedAt: number;
  readonly traceId: string | null;
};

/** nginx's status for a client that went away before its request was complete. No answer was sent. */
const clientClosedRequest = 499;

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly requestId: string };

/** The node:http server: reads a bounded body, has the request handled, writes the answer. */
export const createNodeListener =
  (deps: NodeListenerDeps): RequestListener =>
  (request, response) => {
    const exchange = { request, response, requestId: requestIdOf(request, deps.createId) };
    const { onCompleted } = deps;
    const startedAt = onCompleted ? deps.now() : 0;
    const trace = deps.traceOf ? deps.traceOf(request, response) : null;
    const done = (): void =>
      onCompleted?.({
        request,
        requestId: exchange.requestId,
        status: request.errored ? clientClosedRequest : response.statusCode,
        startedAt,
        traceId: trace?.traceId ?? null,
      });
    const onError = (error: unknown): void => {
      respondToFault(exchange, error, deps);
      done();
    };
    const onBody = (body: Buffer | BodyRefusal | null): void => {
      try {
        // A promise only where something is waited for: nearly every request would pay for nothing.
        const pending = trace ? trace.within(() => respond(exchange, body, deps)) : respond(exchange, body, deps);
        if (pending) pending.then(done).catch(onError);
        else done();
      } catch (error) {
        onError(error);
      }
    };
    if (request.method === 'POST') readBody(request, { onBody, onError });
    else onBody(null);
  };

const respond = (
  { request, response, requestId }: Exchange,
  body: Buffer | BodyRefusal | null,
  deps: NodeListenerDeps,
): Promise<void> | undefined => {
  const { method = 'GET', url = '', headers } = request;
  const header = headersOf(request);
  const client = { ip: deps.clientAddress(request), userAgent: headers['user-agent'] ?? null, requestId };
  const state = createRequestState(requestId, client);
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const context = { method, path, state, origin: headers.origin ?? null };
  const write = (answer: HttpResponse): Promise<void> | undefined => {
    if (deps.lifecycle.isStopping) response.shouldKeepAlive = false;
    return writeResponse(response, answer, context, deps.headersFor);
  };
  if (body !== null && !Buffer.isBuffer(body)) {
    deps.countRefused({ path, header }, state);
    response.setHeader('connection', 'close');
    return write(errorResponse(body.status, body));
  }
  const refused = refuseTarget(url, path, header('host'));
  if (refused) return write(refused);
  const answer = deps.handle(
    {
      ...{ method, path, search: mark === -1 ? '' : url.slice(mark + 1), body },
      header,
      toRequest: () => toFetchRequest(request, response, body),
    },
    state,
  );
  return answer instanceof Promise ? answer.then(write) : write(answer);
};

/**
 * Refuses a request that a proxy in front may have read otherwise: with two Host headers (which arrive joined), or with a target that does
 * not read as it is written (an absolute URL, `//`, `..`, a fragment): `/a/../introspect` gets past a proxy that guards `/introspect`.
 */
const refuseTarget = (url: string, path: string, host: string | null): WholeResponse | null => {
  if (host?.includes(',')) return errorResponse(400, { code: 'BAD_REQUEST', message: 'Send one Host header.' });
  if (!url.includes('#') && simplePath.test(path)) return null;
  const isPlain = /^\/(?![/])[^#]*$/.test(url) && URL.parse(url, 'http://localhost')?.pathname === path;
  return isPlain
    ? null
    : errorResponse(400, {
        code: 'BAD_REQUEST',
        message: 'The request target has to be a path without "..", "//" or "#".',
      });
};

/** Nothing in it that a URL parser would write differently. */
const simplePath = /^(?:\/[\w-]+)+$/;

const respondToFault = ({ request, response, requestId }: Exchange, error: unknown, deps: NodeListenerDeps): void => {
  if (request.errored) {
    // The client is gone, and nothing of ours is broken.
    response.destroy();
    return;
  }
  deps.reportFault(error, requestId);
  if (response.headersSent) {
    response.end();
    return;
  }
  const { method = 'GET', url = '', headers } = request;
  const state = createRequestState(requestId, noClient);
  const context = { method, path: url.split('?', 1)[0] ?? '', state, origin: headers.origin ?? null };
  void writeResponse(response, faultResponse(), context, deps.headersFor);
};

/** Its signal is aborted when the client goes away before the answer is complete. */
const toFetchRequest = (request: IncomingMessage, response: ServerResponse, body: Buffer | null): Request => {
  const aborted = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) aborted.abort();
  });
  const headers = new Headers();
  const header = headersOf(request);
  for (const name of Object.keys(request.headers)) headers.set(name, header(name) ?? '');
  return new Request(`http://localhost${request.url}`, {
    method: request.method ?? 'GET',
    headers,
    signal: aborted.signal,
    ...(body && body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
};

const requestIdOf = (request: IncomingMessage, createId: () => string): string => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : createId();
};

/** For the log: never the query string, credentials of ours masked, and no longer than fits a line. */
export const loggedPath = (url: string): string => loggable(maskCredentials(url.split('?', 1)[0] ?? ''));
