import type { Cors } from './cors.ts';

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

/** Returns the headers that an answer gets besides its own. */
export const responseHeaders = (
  cors: Cors,
  request: {
    readonly origin: string | null;
    readonly requestId: string;
    /** Whether cookies can change the answer. */
    readonly readsCookies: boolean;
  },
  isCacheable: boolean,
): Readonly<Record<string, string>> => ({
  ...commonHeaders,
  ...(isCacheable ? {} : request.readsCookies ? noStoreWithCookies : noStoreHeaders),
  ...cors.headersFor(request.origin),
  'x-request-id': request.requestId,
});
