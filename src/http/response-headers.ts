import type { Cors } from './cors.ts';

/** On every answer, whoever gives it. */
export const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** An answer with an entity tag is meant to be kept, and says itself how. All others are not. */
export const noStoreHeaders = {
  'cache-control': 'no-store',
  vary: 'Origin, Accept, Authorization',
} as const;

const notToBeKeptForCookies = { ...noStoreHeaders, vary: `${noStoreHeaders.vary}, Cookie` } as const;

/** What belongs around the headers that an answer brings itself. */
export const responseHeaders = (
  cors: Cors,
  request: {
    readonly origin: string | null;
    readonly requestId: string;
    /** Whether cookies have a say in what is answered. */
    readonly readsCookies: boolean;
  },
  isCacheable: boolean,
): Readonly<Record<string, string>> => ({
  ...commonHeaders,
  ...(isCacheable ? {} : request.readsCookies ? notToBeKeptForCookies : noStoreHeaders),
  ...cors.headersFor(request.origin),
  'x-request-id': request.requestId,
});
