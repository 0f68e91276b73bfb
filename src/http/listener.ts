import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { errorTable } from '../domain/errors.ts';
import { loggable } from '../domain/event.ts';
import { noCookies, type RequestState } from '../graphql/context.ts';
import type { StraightAnswer } from '../graphql/straight/way.ts';
import type { Cors } from './cors.ts';
import { maskCredentials } from './credentials-in-url.ts';
import { type BodyRefusal, readBody } from './request-body.ts';
import { responseHeaders } from './response-headers.ts';
import { type Handle, refusal } from './router.ts';
import { type AnswerStraight, type StraightEnd, writeStraight } from './straight.ts';

const largestBody = 100 * 1024;

export type ListenerOptions = {
  readonly handle: Handle;
  readonly clientAddress: (request: IncomingMessage) => string | null;
  /** Tried first; what it does not answer goes to `handle`. */
  readonly straight: StraightEnd & { readonly answer: AnswerStraight };
  readonly createId: () => string;
  /** Whether connections are to be given up with the answer that is being written. */
  readonly isStopping: () => boolean;
  /** Told of failures below the router: broken sockets and faults of ours. */
  readonly report: (error: unknown, requestId: string) => void;
  /** Left out where nobody wants to know. */
  readonly onAnswered: ((answered: Answered) => void) | null;
  /** A clock that is never set, in milliseconds. */
  readonly now: () => number;
  /** Left out where nobody traces. */
  readonly traceOf: TraceOf | null;
};

/** Told of each request when it has begun. What is done for it, its body apart, is done within its trace. */
export type TraceOf = (
  request: IncomingMessage,
  response: ServerResponse,
) => { readonly traceId: string; readonly within: <Result>(run: () => Result) => Result };

export type Answered = {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly status: number;
  /** By `now`. */
  readonly startedAt: number;
  readonly traceId: string | null;
};

/** nginx's word for a caller who went away before its request was whole. No answer was sent. */
const clientClosedRequest = 499;

/** The node:http end: reads a bounded body, lets `handle` answer, writes the answer as it comes. */
export const createListener =
  (options: ListenerOptions): RequestListener =>
  (request, response) => {
    const requestId = requestIdOf(request, options.createId);
    const { onAnswered } = options;
    const startedAt = onAnswered ? options.now() : 0;
    const trace = options.traceOf ? options.traceOf(request, response) : null;
    const tell = (): void =>
      onAnswered?.({
        request,
        requestId,
        status: request.errored ? clientClosedRequest : response.statusCode,
        startedAt,
        traceId: trace?.traceId ?? null,
      });
    const onError = (error: unknown): void => {
      if (request.errored) {
        // There is nobody to answer and nothing of ours to mend.
        response.destroy();
      } else {
        options.report(error, requestId);
        if (response.headersSent) response.end();
        else void sendOwn(request, response, fault(), { requestId, cors: options.straight.cors });
      }
      tell();
    };
    const onBody = (body: Buffer | BodyRefusal | null): void => {
      try {
        // Where nothing has to be waited for, nothing is: a promise would be for nobody.
        const exchange = { request, response, requestId, body };
        const waited = trace ? trace.within(() => answer(exchange, options)) : answer(exchange, options);
        if (waited) waited.then(tell).catch(onError);
        else tell();
      } catch (error) {
        onError(error);
      }
    };
    if (request.method === 'POST') readBody(request, { limitBytes: largestBody, onBody, onError });
    else onBody(null);
  };

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly body: Buffer | BodyRefusal | null;
};

const answer = (
  { request, response, requestId, body }: Exchange,
  options: ListenerOptions,
): Promise<void> | undefined => {
  const { cors } = options.straight;
  if (body !== null && isRefusal(body)) {
    response.setHeader('connection', 'close');
    return sendOwn(request, response, refusal(body.status, body.code, body.message), { requestId, cors });
  }
  const ip = options.clientAddress(request);
  const client = { ip, userAgent: request.headers['user-agent'] ?? null, requestId };
  const state: RequestState = { requestId, client, setCookies: noCookies, rateLimits: [] };
  const straight = body && options.straight.answer(request, body, state);
  if (straight === null) return answerThroughFetch({ request, response, requestId, body }, state, options);
  const write = (whole: StraightAnswer): void => {
    if (options.isStopping()) response.shouldKeepAlive = false;
    writeStraight(request, response, whole, { end: options.straight, state });
  };
  if (straight instanceof Promise) return straight.then(write);
  write(straight);
  return undefined;
};

const answerThroughFetch = async (
  { request, response, requestId, body }: Exchange & { readonly body: Buffer | null },
  state: RequestState,
  { handle, isStopping, straight: { cors } }: ListenerOptions,
): Promise<void> => {
  const aborted = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) aborted.abort();
  });
  // The one method that node:http takes and a fetch request cannot have.
  if (request.method === 'TRACE') return sendOwn(request, response, notTraced(), { requestId, cors });
  const fetchRequest = toFetchRequest(request, body, aborted.signal);
  if (!fetchRequest) return sendOwn(request, response, notAPath(), { requestId, cors });
  const answer = await handle(fetchRequest, state);
  if (isStopping()) response.shouldKeepAlive = false;
  await send(response, answer, request);
};

const notAPath = (): Response => refusal(400, 'BAD_REQUEST', 'The request target is not a path.');

const notTraced = (): Response =>
  refusal(405, 'METHOD_NOT_ALLOWED', 'Use GET, POST, OPTIONS.', { allow: 'GET, POST, OPTIONS' });

const fault = (): Response => refusal(500, 'INTERNAL_SERVER_ERROR', errorTable.INTERNAL_SERVER_ERROR.message);

const isRefusal = (body: Buffer | BodyRefusal): body is BodyRefusal => !Buffer.isBuffer(body);

/** Null if the request line names no path of ours: an absolute URL, an asterisk, two slashes, or `..` and the like. */
const toFetchRequest = (request: IncomingMessage, body: Buffer | null, signal: AbortSignal): Request | null => {
  const target = request.url ?? '';
  if (!target.startsWith('/') || target.startsWith('//') || !isPlainPath(target)) return null;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request(`http://localhost${target}`, {
    method: request.method ?? 'GET',
    headers,
    signal,
    ...(body && body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
};

/** Whether a path reads as it is written. `/a/../introspect` would get past a proxy that keeps `/introspect` to itself. */
const isPlainPath = (target: string): boolean =>
  URL.parse(target, 'http://localhost')?.pathname === target.split(/[?#]/, 1)[0];

/** What is answered here and not by the router, with the headers that the router puts on its answers. */
const sendOwn = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Response,
  { requestId, cors }: { readonly requestId: string; readonly cors: Cors },
): Promise<void> => {
  const { origin = null } = request.headers;
  const headers = responseHeaders(cors, { origin, requestId, readsCookies: false }, false);
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  return send(response, answer, request);
};

const send = async (response: ServerResponse, answer: Response, request: IncomingMessage): Promise<void> => {
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => {
    // Of all headers this one comes more than once, and may not be joined (RFC 9110 §5.3).
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  });
  if (request.method === 'HEAD' || !answer.body) {
    response.end();
    return;
  }
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    response.end(Buffer.from(await answer.arrayBuffer()));
    return;
  }
  for await (const chunk of answer.body) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    if (response.destroyed) break;
  }
  response.end();
};

const requestIdOf = (request: IncomingMessage, createId: () => string): string => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : createId();
};

/** For the log: never the query, of a key of ours that somebody put into the path nothing, and no more than fits a line. */
export const loggedPath = (url: string): string => loggable(maskCredentials(url.split('?', 1)[0] ?? ''));
