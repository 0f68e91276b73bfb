/**
 * Runs in the browser, where it is sent as source text: it may use nothing but its arguments and what browsers offer.
 * Tokens live in here and noClient else: not in storage, not in the address, not in the document.
 */

type Fetch = typeof fetch;
type User = { readonly email: string | null; readonly name: string | null; readonly role: string | null };

export type SignedIn = {
  readonly kind: 'signed-in';
  readonly user: User;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAtMs: number;
  readonly lifetimeMs: number;
};
/** `notice` says why, where nobody asked to be signed out. */
type SignedOut = { readonly kind: 'signed-out'; readonly notice: string | null };
export type State = SignedIn | SignedOut;

export type Failure = { readonly code: string | null; readonly field: string | null; readonly message: string };

type Grant = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly user: User;
};

export type Account = ReturnType<typeof createAccount>;

type AccountOptions = { readonly endpoint: string; readonly send: Fetch; readonly now: () => number };

/** Who is signed in, and a `fetch` that says so to the GraphQL endpoint. */
export const createAccount = ({ endpoint, send, now }: AccountOptions) => {
  let state: State = { kind: 'signed-out', notice: null };
  let refreshing: Promise<void> | null = null;
  const listeners = new Set<() => void>();

  const setState = (next: State): void => {
    state = next;
    for (const listener of listeners) listener();
  };

  const grantFields = 'accessToken refreshToken expiresIn user { email name role }';
  const documents = {
    login: `mutation SignIn($input: LoginInput!) { grant: login(input: $input) { ${grantFields} } }`,
    signup: `mutation SignUp($input: SignupInput!) { grant: signup(input: $input) { ${grantFields} } }`,
    refresh: `mutation Refresh($input: RefreshInput!) { grant: refresh(input: $input) { ${grantFields} } }`,
    logout: 'mutation SignOut($input: LogoutInput!) { logout(input: $input) { endedSessions } }',
  };

  const mutate = async (document: string, input: object): Promise<Grant | Failure> => {
    try {
      const response = await send(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query: document, variables: { input } }),
        keepalive: true,
      });
      const { data, errors } = await response.json();
      if (!errors) return data.grant;
      const { message, extensions } = errors[0];
      return { code: extensions?.code ?? null, field: extensions?.field ?? null, message };
    } catch {
      return { code: null, field: null, message: 'The server cannot be reached.' };
    }
  };

  const signedIn = ({ accessToken, refreshToken, expiresIn, user }: Grant): SignedIn => {
    const lifetimeMs = expiresIn * 1000;
    return { kind: 'signed-in', user, accessToken, refreshToken, lifetimeMs, expiresAtMs: now() + lifetimeMs };
  };

  const enter = async (document: string, input: object): Promise<Failure | null> => {
    const outcome = await mutate(document, input);
    if ('code' in outcome) return outcome;
    setState(signedIn(outcome));
    return null;
  };

  const spend = async (before: SignedIn): Promise<void> => {
    const outcome = await mutate(documents.refresh, { refreshToken: before.refreshToken });
    if (state !== before) return;
    if (!('code' in outcome)) setState(signedIn(outcome));
    else if (outcome.code === 'REFRESH_TOKEN_INVALID') {
      setState({ kind: 'signed-out', notice: 'Your session has ended. Sign in again.' });
    }
  };

  /** A refresh token can be spent once: whoever needs a new access token meanwhile waits for the same answer. */
  const refresh = async (): Promise<void> => {
    if (state.kind === 'signed-out') return;
    refreshing ??= spend(state).finally(() => {
      refreshing = null;
    });
    await refreshing;
  };

  const signOut = async (): Promise<void> => {
    if (state.kind === 'signed-out') return;
    const { refreshToken } = state;
    setState({ kind: 'signed-out', notice: null });
    await mutate(documents.logout, { refreshToken });
  };

  const isForEndpoint = (request: Request): boolean => {
    const { origin, pathname } = new URL(request.url);
    return origin + pathname === endpoint;
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

  const accessToken = (): string | null => (state.kind === 'signed-in' ? state.accessToken : null);

  /** Cookies stay at home: a session that an app on this host keeps in them would be a second credential. */
  const sendAlone = (request: Request): Promise<Response> => send(new Request(request, { credentials: 'omit' }));

  const sendWith = (request: Request, token: string): Promise<Response> => {
    const copy = request.clone();
    copy.headers.set('authorization', `Bearer ${token}`);
    return sendAlone(copy);
  };

  /** An Authorization header of the caller's own (the Headers tab) is left alone. Refreshes and tries again once. */
  const authorizedFetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!isForEndpoint(request)) return send(request);
    if (request.headers.has('authorization')) return sendAlone(request);
    // An event stream tells of a dead token only in its events, too late to try again.
    if (state.kind === 'signed-in' && state.expiresAtMs <= now()) await refresh();
    const first = accessToken();
    if (first === null) return send(request);
    const response = await sendWith(request, first);
    if (!(await isUnauthenticated(response))) return response;
    if (accessToken() === first) await refresh();
    const second = accessToken();
    return second === null || second === first ? response : sendWith(request, second);
  };

  return {
    state: (): State => state,
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signIn: (email: string, password: string) => enter(documents.login, { email, password }),
    signUp: (email: string, password: string, name: string) =>
      enter(documents.signup, { email, password, ...(name ? { name } : {}) }),
    signOut,
    refresh,
    fetch: authorizedFetch,
  };
};
