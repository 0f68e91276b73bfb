import type { ServerResponse } from 'node:http';
import type { RequestState } from '../graphql/context.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import type { Cors } from './cors.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import type { HttpResponse } from './route.ts';

/** On every response. */
export const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** On every response without an entity tag. One with an entity tag brings its own caching headers. */
export const noStoreHeaders = {
  'cache-control': 'no-store',
  vary: 'Origin, Accept, Authorization',
} as const;

const noStoreWithCookies = { ...noStoreHeaders, vary: `${noStoreHeaders.vary}, Cookie` } as const;

/** What the headers of a response depend on besides its content. */
export type ResponseContext = {
  readonly method: string;
  readonly path: string;
  readonly origin: string | null;
  readonly state: RequestState;
};

export type HeadersFor = (context: ResponseContext, isCacheable: boolean) => Readonly<Record<string, string>>;

type HeadersForDeps = {
  readonly cors: Cors;
  readonly graphqlPath: string;
  /** Whether GraphQL takes credentials from cookies. No other endpoint ever does. */
  readonly sessionCookies: boolean;
};

/** Returns the common headers of a response: caching, CORS, request id, rate limits. */
export const createHeadersFor =
  ({ cors, graphqlPath, sessionCookies }: HeadersForDeps): HeadersFor =>
  ({ path, origin, state }, isCacheable) => ({
    ...commonHeaders,
    ...(isCacheable ? null : sessionCookies && path === graphqlPath ? noStoreWithCookies : noStoreHeaders),
    ...(origin === null ? null : cors.headersFor(origin)),
    ...(state.rateLimits.length === 0 ? null : rateLimitHeaders(state.rateLimits)),
    'x-request-id': state.requestId,
  });

/** Writes a response with the common headers. Resolves once node has it; undefined if that is already so. */
export const writeResponse = (
  response: ServerResponse,
  answer: HttpResponse,
  context: ResponseContext,
  headersFor: HeadersFor,
): Promise<void> | undefined => {
  for (const cookie of context.state.setCookies) response.appendHeader('set-cookie', cookie);
  if (answer instanceof Response) return writeFetchResponse(response, answer, context, headersFor);
  const { status, headers, body } = answer;
  const length = Buffer.byteLength(body ?? '');
  const contentLength = body === null ? null : { 'content-length': length };
  response.writeHead(status, { ...headers, ...headersFor(context, false), ...contentLength });
  // Nearly all responses are ASCII, which the socket takes as it is.
  if (body === null || context.method === 'HEAD') response.end();
  else response.end(body, length === body.length ? 'latin1' : 'utf8');
  return undefined;
};

const writeFetchResponse = async (
  response: ServerResponse,
  answer: Response,
  context: ResponseContext,
  headersFor: HeadersFor,
): Promise<void> => {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    // Of all headers this one comes more than once, and may not be joined (RFC 9110 §5.3).
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  response.setHeaders(new Map(Object.entries(headersFor(context, answer.headers.has('etag')))));
  if (context.method === 'HEAD' || !answer.body) {
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

/** Returns a response as a Fetch response with the common headers. */
export const toFetchResponse = (answer: HttpResponse, context: ResponseContext, headersFor: HeadersFor): Response => {
  const response =
    answer instanceof Response
      ? withHeaders(answer, context, headersFor)
      : fromWhole(answer, context, headersFor(context, false));
  for (const cookie of context.state.setCookies) response.headers.append('set-cookie', cookie);
  return response;
};

const fromWhole = (
  { status, headers, body }: WholeResponse,
  { method }: ResponseContext,
  further: Readonly<Record<string, string>>,
): Response => new Response(method === 'HEAD' ? null : body, { status, headers: { ...headers, ...further } });

const withHeaders = (answer: Response, context: ResponseContext, headersFor: HeadersFor): Response => {
  const response = context.method === 'HEAD' ? new Response(null, answer) : answer;
  const further = headersFor(context, answer.headers.has('etag'));
  for (const [name, value] of Object.entries(further)) response.headers.set(name, value);
  return response;
};
