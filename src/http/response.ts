import type { ServerResponse } from 'node:http';
import type { RequestState } from '../graphql/context.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import type { Cors } from './cors.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import type { Answer } from './route.ts';

/** On every answer. */
export const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** On every answer without an entity tag. One with an entity tag brings its own caching headers. */
export const noStoreHeaders = {
  'cache-control': 'no-store',
  vary: 'Origin, Accept, Authorization',
} as const;

const noStoreWithCookies = { ...noStoreHeaders, vary: `${noStoreHeaders.vary}, Cookie` } as const;

/** What an answer depends on besides what is in it. */
export type Around = {
  readonly method: string;
  readonly path: string;
  readonly origin: string | null;
  readonly state: RequestState;
};

export type HeadersAround = (around: Around, isCacheable: boolean) => Readonly<Record<string, string>>;

type HeadersAroundDeps = {
  readonly cors: Cors;
  readonly graphqlPath: string;
  /** Whether GraphQL takes credentials from cookies. No other endpoint ever does. */
  readonly sessionCookies: boolean;
};

/** Returns the headers that belong on an answer besides its own: caching, CORS, request id, rate limits. */
export const createHeadersAround =
  ({ cors, graphqlPath, sessionCookies }: HeadersAroundDeps): HeadersAround =>
  ({ path, origin, state }, isCacheable) => ({
    ...commonHeaders,
    ...(isCacheable ? null : sessionCookies && path === graphqlPath ? noStoreWithCookies : noStoreHeaders),
    ...(origin === null ? null : cors.headersFor(origin)),
    ...(state.rateLimits.length === 0 ? null : rateLimitHeaders(state.rateLimits)),
    'x-request-id': state.requestId,
  });

/** Writes an answer to node:http, with what belongs around it. The promise, where there is one, resolves when it was handed over. */
export const writeAnswer = (
  response: ServerResponse,
  answer: Answer,
  around: Around,
  headersAround: HeadersAround,
): Promise<void> | undefined => {
  for (const cookie of around.state.setCookies) response.appendHeader('set-cookie', cookie);
  if (answer instanceof Response) return writeFetchResponse(response, answer, around, headersAround);
  const { status, headers, body } = answer;
  const length = Buffer.byteLength(body ?? '');
  const contentLength = body === null ? null : { 'content-length': length };
  response.writeHead(status, { ...headers, ...headersAround(around, false), ...contentLength });
  // Nearly all answers are ASCII, which the socket takes as it is.
  if (body === null || around.method === 'HEAD') response.end();
  else response.end(body, length === body.length ? 'latin1' : 'utf8');
  return undefined;
};

const writeFetchResponse = async (
  response: ServerResponse,
  answer: Response,
  around: Around,
  headersAround: HeadersAround,
): Promise<void> => {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    // Of all headers this one comes more than once, and may not be joined (RFC 9110 §5.3).
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  response.setHeaders(new Map(Object.entries(headersAround(around, answer.headers.has('etag')))));
  if (around.method === 'HEAD' || !answer.body) {
    response.end();
  } else if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    await pipe(answer.body, response);
  } else {
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
};

/** Hands a stream on as it comes, no faster than it is read. */
const pipe = async (body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> => {
  response.flushHeaders();
  for await (const chunk of body) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    if (response.destroyed) return;
  }
  response.end();
};

/** Returns an answer as a Fetch response, with what belongs around it. */
export const toFetchResponse = (answer: Answer, around: Around, headersAround: HeadersAround): Response => {
  const response =
    answer instanceof Response
      ? withHeaders(answer, around, headersAround)
      : fromWhole(answer, around, headersAround(around, false));
  for (const cookie of around.state.setCookies) response.headers.append('set-cookie', cookie);
  return response;
};

const fromWhole = (
  { status, headers, body }: WholeResponse,
  { method }: Around,
  further: Readonly<Record<string, string>>,
): Response => new Response(method === 'HEAD' ? null : body, { status, headers: { ...headers, ...further } });

const withHeaders = (answer: Response, around: Around, headersAround: HeadersAround): Response => {
  const response = around.method === 'HEAD' ? new Response(null, answer) : answer;
  const further = headersAround(around, answer.headers.has('etag'));
  for (const [name, value] of Object.entries(further)) response.headers.set(name, value);
  return response;
};
