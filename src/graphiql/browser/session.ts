/** The session of the Account panel. Tokens stay in memory: they are never put into storage, the address or the document. */

type User = { readonly email: string | null; readonly name: string | null; readonly role: string | null };

export type SignedIn = {
  readonly kind: 'signed-in';
  readonly user: User;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAtMs: number;
  readonly lifetimeMs: number;
};
/** `notice` says why, if the user did not sign out. */
type SignedOut = { readonly kind: 'signed-out'; readonly notice: string | null };
export type SessionState = SignedIn | SignedOut;

export type Failure = { readonly code: string | null; readonly field: string | null; readonly message: string };

export type Session = {
  readonly state: () => SessionState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly signIn: (email: string, password: string) => Promise<Failure | null>;
  readonly signUp: (email: string, password: string, name: string) => Promise<Failure | null>;
  readonly signOut: () => Promise<void>;
  readonly refresh: () => Promise<void>;
};

export type SessionDeps = {
  /** The URL of the GraphQL endpoint. */
  readonly endpoint: string;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** Returns a session that is signed out. Sign-in and sign-up resolve to null, or to what was wrong. */
export const createSession = ({ endpoint, fetch, now }: SessionDeps): Session => {
  const mutate = createMutate(endpoint, fetch);
  const { state, setState, subscribe } = createStore({ kind: 'signed-out', notice: null });
  let refreshing: Promise<void> | null = null;

  const enter = async (document: string, input: object): Promise<Failure | null> => {
    const outcome = await mutate(document, input);
    if ('code' in outcome) return outcome;
    setState(signedIn(outcome, now()));
    return null;
  };
  const refreshFrom = async (before: SignedIn): Promise<void> => {
    const outcome = await mutate(documents.refresh, { refreshToken: before.refreshToken });
    if (state() !== before) return;
    if (!('code' in outcome)) setState(signedIn(outcome, now()));
    else if (outcome.code === 'REFRESH_TOKEN_INVALID') setState({ kind: 'signed-out', notice: sessionEnded });
  };
  /** A refresh token can be used once, so concurrent callers wait for the same refresh. */
  const refresh = async (): Promise<void> => {
    const before = state();
    if (before.kind === 'signed-out') return;
    refreshing ??= refreshFrom(before).finally(() => {
      refreshing = null;
    });
    await refreshing;
  };
  const signOut = async (): Promise<void> => {
    const before = state();
    if (before.kind === 'signed-out') return;
    setState({ kind: 'signed-out', notice: null });
    await mutate(documents.logout, { refreshToken: before.refreshToken });
  };
  const signIn: Session['signIn'] = (email, password) => enter(documents.login, { email, password });
  const signUp: Session['signUp'] = (email, password, name) =>
    enter(documents.signup, { email, password, ...(name ? { name } : {}) });
  return { state, subscribe, signIn, signUp, signOut, refresh };
};

const sessionEnded = 'Your session has ended. Sign in again.';

const createStore = (initial: SessionState) => {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    state: (): SessionState => current,
    setState: (next: SessionState): void => {
      current = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

type IssuedTokens = {
  /** Of a sign-in only. */
  readonly status?: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly user: User;
};

const signedIn = ({ accessToken, refreshToken, expiresIn, user }: IssuedTokens, nowMs: number): SignedIn => {
  const lifetimeMs = expiresIn * 1000;
  return { kind: 'signed-in', user, accessToken, refreshToken, lifetimeMs, expiresAtMs: nowMs + lifetimeMs };
};

const tokenFields = 'accessToken refreshToken expiresIn user { email name role }';
const documents = {
  login: `mutation SignIn($input: LoginInput!) { tokens: login(input: $input) { status ${tokenFields} } }`,
  signup: `mutation SignUp($input: SignupInput!) { tokens: signup(input: $input) { status ${tokenFields} } }`,
  refresh: `mutation Refresh($input: RefreshInput!) { tokens: refresh(input: $input) { ${tokenFields} } }`,
  logout: 'mutation SignOut($input: LogoutInput!) { logout(input: $input) { endedSessions } }',
};

/** This panel asks for an email and a password only. */
const unfinished: Failure = {
  code: null,
  field: null,
  message: 'This sign-in needs another step, which this panel does not offer. Run it as a mutation in the editor.',
};

const createMutate =
  (endpoint: string, fetch: SessionDeps['fetch']) =>
  async (document: string, input: object): Promise<IssuedTokens | Failure> => {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query: document, variables: { input } }),
        keepalive: true,
      });
      const { data, errors } = await response.json();
      if (!errors) return data.tokens?.status && data.tokens.status !== 'SIGNED_IN' ? unfinished : data.tokens;
      const { message, extensions } = errors[0];
      return { code: extensions?.code ?? null, field: extensions?.field ?? null, message };
    } catch {
      return { code: null, field: null, message: 'The server cannot be reached.' };
    }
  };
