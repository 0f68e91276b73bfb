import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http';
import { type BodyRefusal, readBody } from './body.ts';
import type { Cors } from './cors.ts';
import { maskCredentials } from './credentials-in-url.ts';
import { type Handle, refusal } from './router.ts';
import { type AnswerStraight, writeStraight } from './straight.ts';

const second = 1000;
const largestBody = 100 * 1024;

type Options = {
  readonly handle: Handle;
  /** Tried first; what it does not answer goes to `handle`. */
  readonly straight: { readonly answer: AnswerStraight; readonly cors: Cors };
  readonly createId: () => string;
  /** Told of failures below the router: broken sockets and faults of ours. */
  readonly report: (error: unknown, requestId: string) => void;
  /** Left out where nobody wants to know. */
  readonly onAnswered:
    | ((request: {
        readonly requestId: string;
        readonly method: string;
        readonly path: string;
        readonly status: number;
        readonly startedAt: number;
      }) => void)
    | null;
  readonly now: () => number;
};

/** How long node:http waits for slow clients; its own defaults are minutes. */
export const serverLimits: ServerOptions = {
  headersTimeout: 10 * second,
  requestTimeout: 30 * second,
  keepAliveTimeout: 65 * second,
  connectionsCheckingInterval: 5 * second,
  // Otherwise a second Authorization header would vanish, and with it the question which of the two is meant.
  joinDuplicateHeaders: true,
};

/** The node:http end: reads a bounded body, lets `handle` answer, writes the answer as it comes. */
export const createListener =
  (options: Options): RequestListener =>
  (request, response) => {
    const requestId = requestIdOf(request, options.createId);
    const { onAnswered } = options;
    if (onAnswered) {
      const startedAt = options.now();
      response.once('close', () => {
        const path = pathOf(request);
        onAnswered({ requestId, method: request.method ?? '', path, status: response.statusCode, startedAt });
      });
    }
    answer(request, response, requestId, options).catch((error: unknown) => {
      options.report(error, requestId);
      if (!response.headersSent) response.writeHead(500, { 'x-request-id': requestId });
      response.end();
    });
  };

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  options: Options,
): Promise<void> => {
  const body = request.method === 'POST' ? await readBody(request, largestBody) : null;
  if (body !== null && isRefusal(body)) {
    response.setHeader('connection', 'close');
    return send(response, refusal(body.status, body.code, body.message), request);
  }
  const origin = { ip: request.socket.remoteAddress ?? null, userAgent: request.headers['user-agent'] ?? null };
  const facts = { requestId, origin };
  const straight = body && (await options.straight.answer(request, body, facts));
  if (straight) return writeStraight(request, response, straight, { cors: options.straight.cors, requestId });

  const aborted = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) aborted.abort();
  });
  const fetchRequest = toFetchRequest(request, body, aborted.signal);
  if (!fetchRequest) return send(response, refusal(400, 'BAD_REQUEST', 'The request target is not a path.'), request);
  await send(response, await options.handle(fetchRequest, facts), request);
};

const isRefusal = (body: Buffer | BodyRefusal): body is BodyRefusal => !Buffer.isBuffer(body);

/** Null if the request line names no path of ours (an absolute URL, an asterisk, two slashes). */
const toFetchRequest = (request: IncomingMessage, body: Buffer | null, signal: AbortSignal): Request | null => {
  const target = request.url ?? '';
  if (!target.startsWith('/') || target.startsWith('//') || !URL.canParse(target, 'http://localhost')) return null;
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

const send = async (response: ServerResponse, answer: Response, request: IncomingMessage): Promise<void> => {
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => {
    response.setHeader(name, value);
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

/** For the log: never the query, and of a key of ours that somebody put into the path nothing. */
const pathOf = (request: IncomingMessage): string => maskCredentials((request.url ?? '').split('?', 1)[0] ?? '');
