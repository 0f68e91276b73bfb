import { createRequestState } from '../graphql/context.ts';
import { normalizeAddress } from './client-address.ts';
import { errorResponse } from './error-response.ts';
import { faultResponse } from './fault-response.ts';
import { type BodyRefusal, isBodyRefusal, maxBodyBytes, refuseByHeaders, tooLarge } from './request-body.ts';
import { type HeadersFor, toFetchResponse } from './response.ts';
import type { CountRefused, Handle, ReceivedRequest } from './route.ts';

export type FetchDeps = {
  readonly handle: Handle;
  readonly countRefused: CountRefused;
  readonly headersFor: HeadersFor;
  readonly createId: () => string;
  readonly reportFault: (error: unknown, requestId: string) => void;
  /** Runs a request within its trace; null where nothing is traced. */
  readonly trace: TraceFetch | null;
};

/** Begins the span of a request, runs it, and ends the span with the status of its answer. */
export type TraceFetch = (request: Request, run: () => Promise<Response>) => Promise<Response>;

export type FetchHandler = (request: Request, client?: { readonly ip?: string }) => Promise<Response>;

/** Handles Fetch requests. Unlike node:http it checks no target and no Host: a `Request` has normalised both. */
export const createFetchHandler =
  (deps: FetchDeps): FetchHandler =>
  (request, { ip = null }: { readonly ip?: string | null } = {}) =>
    deps.trace ? deps.trace(request, () => respond(request, ip, deps)) : respond(request, ip, deps);

const respond = async (request: Request, ip: string | null, deps: FetchDeps): Promise<Response> => {
  const { path, search } = splitUrl(request.url);
  const requestId = deps.createId();
  const userAgent = request.headers.get('user-agent');
  const state = createRequestState(requestId, { ip: ip && (normalizeAddress(ip) ?? ip), userAgent, requestId });
  const context = { method: request.method, path, origin: request.headers.get('origin'), state };
  try {
    const body = request.method === 'POST' ? await readBytes(request) : null;
    if (isBodyRefusal(body)) deps.countRefused({ path, header: (name) => request.headers.get(name) }, state);
    const answer = isBodyRefusal(body)
      ? errorResponse(body.status, body)
      : await deps.handle(received(request, { path, search, body }), state);
    return toFetchResponse(answer, context, deps.headersFor);
  } catch (error) {
    deps.reportFault(error, requestId);
    return toFetchResponse(faultResponse(), context, deps.headersFor);
  }
};

type Read = Pick<ReceivedRequest, 'path' | 'search'> & { readonly body: Buffer | null };

const received = (request: Request, { path, search, body }: Read): ReceivedRequest => ({
  method: request.method,
  path,
  search,
  header: (name) => request.headers.get(name),
  body,
  toRequest: () => (body ? new Request(request, { body: new Uint8Array(body) }) : request),
});

const readBytes = async (request: Request): Promise<Buffer | BodyRefusal> => {
  const { headers } = request;
  const refused = refuseByHeaders(
    headers.get('content-encoding'),
    headers.get('content-type'),
    headers.get('content-length'),
  );
  if (refused) return refused;
  const bytes = Buffer.from(await request.arrayBuffer());
  return bytes.length > maxBodyBytes ? tooLarge : bytes;
};

/** The path and the query string of an absolute URL. Cheaper than parsing it: a Request has done so already. */
const splitUrl = (url: string): Pick<ReceivedRequest, 'path' | 'search'> => {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const hash = url.indexOf('#', start);
  const end = hash === -1 ? url.length : hash;
  const mark = url.indexOf('?', start);
  return mark === -1 || mark > end
    ? { path: url.slice(start, end), search: '' }
    : { path: url.slice(start, mark), search: url.slice(mark + 1, end) };
};
