import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import type { RequestState } from '../graphql/context.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import type { Cors } from './cors.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { responseHeaders } from './response-headers.ts';
import type { Answer } from './router.ts';

export type AroundDeps = {
  readonly cors: Cors;
  readonly graphqlPath: string;
  /** Whether GraphQL takes credentials from cookies. No other endpoint ever does. */
  readonly sessionCookies: boolean;
};

/** What the headers around an answer depend on. */
export type Around = { readonly path: string; readonly origin: string | null; readonly state: RequestState };

/** Returns the headers that belong on an answer besides its own: caching, CORS, request id, rate limits. */
export const createHeadersAround =
  ({ cors, graphqlPath, sessionCookies }: AroundDeps) =>
  ({ path, origin, state }: Around, isCacheable: boolean): Readonly<Record<string, string>> => {
    const readsCookies = sessionCookies && path === graphqlPath;
    const headers = responseHeaders(cors, { origin, requestId: state.requestId, readsCookies }, isCacheable);
    return state.rateLimits.length === 0 ? headers : { ...headers, ...rateLimitHeaders(state.rateLimits) };
  };

export type HeadersAround = ReturnType<typeof createHeadersAround>;

export const isWhole = (answer: Answer): answer is WholeResponse => !(answer instanceof Response);

/** Writes an answer to node:http, with what belongs around it. Resolves when it has been handed over. */
export const writeAnswer = (
  response: ServerResponse,
  answer: Answer,
  around: Around & { readonly headersAround: HeadersAround; readonly method: string },
): Promise<void> | undefined => {
  for (const cookie of around.state.setCookies) response.appendHeader('set-cookie', cookie);
  return isWhole(answer) ? writeWhole(response, answer, around) : writeFetchResponse(response, answer, around);
};

type Written = Around & { readonly headersAround: HeadersAround; readonly method: string };

const writeWhole = (response: ServerResponse, { status, headers, body }: WholeResponse, around: Written): undefined => {
  const all = { ...headers, ...around.headersAround(around, false) };
  if (body === null) {
    response.writeHead(status, all).end();
    return;
  }
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...all, 'content-length': length });
  if (around.method === 'HEAD') response.end();
  // Nearly all answers are ASCII, which the socket takes as it is.
  else response.end(body, length === body.length ? 'latin1' : 'utf8');
};

const writeFetchResponse = async (response: ServerResponse, answer: Response, around: Written): Promise<void> => {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    // Of all headers this one comes more than once, and may not be joined (RFC 9110 §5.3).
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  response.setHeaders(new Map(Object.entries(around.headersAround(around, answer.headers.has('etag')))));
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
  await finished(response).catch(() => {});
};

/** Returns an answer as a Fetch response, with what belongs around it. */
export const toFetchResponse = (
  answer: Answer,
  around: Around & { readonly headersAround: HeadersAround },
): Response => {
  const { setCookies } = around.state;
  if (isWhole(answer)) {
    const headers = { ...answer.headers, ...around.headersAround(around, false) };
    const response = new Response(answer.body, { status: answer.status, headers });
    for (const cookie of setCookies) response.headers.append('set-cookie', cookie);
    return response;
  }
  const headers = around.headersAround(around, answer.headers.has('etag'));
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  for (const cookie of setCookies) answer.headers.append('set-cookie', cookie);
  return answer;
};
