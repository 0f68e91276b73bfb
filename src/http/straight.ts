import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestState } from '../graphql/context.ts';
import { chooseMediaType } from '../graphql/media-type.ts';
import { parseParameters, type StraightRequest } from '../graphql/straight/request.ts';
import type { StraightAnswer } from '../graphql/straight/way.ts';
import type { Cors } from './cors.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { responseHeaders } from './response-headers.ts';

type Options = {
  readonly graphqlPath: string;
  readonly way: (request: StraightRequest) => StraightAnswer | Promise<StraightAnswer> | null;
};

/** Answers a request without fetch objects if it is of the common kind; null if it is not, and nothing has happened then. */
export type AnswerStraight = (
  request: IncomingMessage,
  body: Buffer,
  state: RequestState,
) => Promise<StraightAnswer> | StraightAnswer | null;

/** The common kind: a JSON POST to exactly the GraphQL path whose answer is wanted in one piece. */
export const createStraightAnswers =
  ({ graphqlPath, way }: Options): AnswerStraight =>
  (request, body, state) => {
    const { headers } = request;
    const { requestId, client } = state;
    if (request.url !== graphqlPath || !isPlainJson(headers['content-type'])) return null;
    const accept = headers.accept ?? null;
    const mediaType = chooseMediaType(accept);
    const parameters = mediaType && parseParameters(body.toString());
    if (!mediaType || !parameters) return null;
    return way({
      ...parameters,
      accept,
      mediaType,
      context: { requestId, client, state, header: (name) => headerOf(headers, name), newSession: null },
    });
  };

const isPlainJson = (contentType: string | undefined): boolean =>
  contentType === 'application/json' || contentType === 'application/json; charset=utf-8';

const headerOf = (headers: IncomingMessage['headers'], name: string): string | null => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
};

/** What is around every answer that went straight. */
export type StraightEnd = { readonly cors: Cors; readonly sessionCookies: boolean };

/** Writes an answer in one go. */
export const writeStraight = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: StraightAnswer,
  { end, state }: { readonly end: StraightEnd; readonly state: RequestState },
): void => {
  const { requestId, setCookies, rateLimits } = state;
  const origin = headerOf(request.headers, 'origin');
  const length = Buffer.byteLength(answer.body);
  const around = responseHeaders(end.cors, { origin, requestId, readsCookies: end.sessionCookies }, false);
  const headers = { ...answer.headers, ...around, ...rateLimitHeaders(rateLimits), 'content-length': length };
  for (const cookie of setCookies) response.appendHeader('set-cookie', cookie);
  response.writeHead(answer.status, headers);
  // Nearly all answers are ASCII, which the socket takes as it is.
  response.end(answer.body, length === answer.body.length ? 'latin1' : 'utf8');
};
