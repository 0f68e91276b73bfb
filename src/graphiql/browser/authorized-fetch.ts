import type { Failure, Session, SessionDeps } from './session.ts';

type Fetch = SessionDeps['fetch'];

/**
 * Returns a fetch that sends the session's access token to the GraphQL endpoint, and refreshes it and tries again once if it
 * is rejected. A request with an Authorization header (from the Headers tab) is sent with that header instead.
 */
export const createAuthorizedFetch = (session: Session, { endpoint, fetch, now }: SessionDeps): Fetch => {
  const accessToken = (): string | null => {
    const state = session.state();
    return state.kind === 'signed-in' ? state.accessToken : null;
  };
  const isExpired = (): boolean => {
    const state = session.state();
    return state.kind === 'signed-in' && state.expiresAtMs <= now();
  };
  return async (input, init) => {
    const request = new Request(input, init);
    if (!isFor(endpoint, request)) return fetch(request);
    if (request.headers.has('authorization')) return fetchWithoutCookies(fetch, request);
    // An event stream reports an expired token only in its events, when it is too late to try again.
    if (isExpired()) await session.refresh();
    const first = accessToken();
    if (first === null) return fetch(request);
    const response = await fetchWithToken(fetch, request, first);
    if (!(await isUnauthenticated(response))) return response;
    if (accessToken() === first) await session.refresh();
    const second = accessToken();
    return second === null || second === first ? response : fetchWithToken(fetch, request, second);
  };
};

const isFor = (endpoint: string, request: Request): boolean => {
  const { origin, pathname } = new URL(request.url);
  return origin + pathname === endpoint;
};

/** The session cookies of an app on the same host would be a second credential. */
const fetchWithoutCookies = (fetch: Fetch, request: Request): Promise<Response> =>
  fetch(new Request(request, { credentials: 'omit' }));

const fetchWithToken = (fetch: Fetch, request: Request, token: string): Promise<Response> => {
  const copy = request.clone();
  copy.headers.set('authorization', `Bearer ${token}`);
  return fetchWithoutCookies(fetch, copy);
};

const isUnauthenticated = async (response: Response): Promise<boolean> => {
  if (response.status === 401) return true;
  if (!response.headers.get('content-type')?.includes('json')) return false;
  const body = await response
    .clone()
    .json()
    .catch(() => null);
  return Boolean(
    body?.errors?.some((error: Error & { extensions?: Failure }) => error.extensions?.code === 'UNAUTHENTICATED'),
  );
};
