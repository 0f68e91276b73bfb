import { parseSetCookie, type SetCookie } from 'cookie';
import { type GraphQLAnswer, type GraphQLOptions, goodPassword, newEmail, type TestServer } from './server.ts';

/** The origin of the server, as `startServer` configures it. */
export const ownOrigin = 'http://localhost:4000';

export const setCookies = (headers: Headers): readonly SetCookie[] =>
  headers.getSetCookie().map((line) => parseSetCookie(line));

/** The cookies of a browser on a page of the server: stores what responses set, and sends it with requests. */
export const createJar = (server: TestServer) => {
  const kept = new Map<string, string>();
  const header = (): string => [...kept].map(([name, value]) => `${name}=${value}`).join('; ');
  const keep = (headers: Headers): void => {
    for (const { name, value, maxAge } of setCookies(headers)) {
      if (maxAge === 0) kept.delete(name);
      else kept.set(name, value ?? '');
    }
  };

  const gql = async (query: string, options: GraphQLOptions = {}): Promise<GraphQLAnswer> => {
    const answer = await server.gql(query, {
      ...options,
      headers: { origin: ownOrigin, ...(kept.size > 0 ? { cookie: header() } : {}), ...options.headers },
    });
    keep(answer.headers);
    return answer;
  };

  return {
    kept,
    header,
    gql,
    /** Another jar with the same cookies: those of a second tab when it sent its request. */
    copy: () => {
      const other = createJar(server);
      for (const [name, value] of kept) other.kept.set(name, value);
      return other;
    },
  };
};

export type Jar = ReturnType<typeof createJar>;

const grantFields = 'accessToken refreshToken tokenType expiresIn user { id email role } session { id current }';
export const loginByCookie = `mutation ($input: LoginInput!) { login(input: $input) { ${grantFields} } }`;
export const signupByCookie = `mutation ($input: SignupInput!) { signup(input: $input) { ${grantFields} } }`;
export const refreshByCookie = `mutation { refresh { ${grantFields} } }`;

/** The variables of the two mutations that sign in by cookie. */
export const inputFor = (email: string) => ({ input: { email, password: goodPassword, delivery: 'COOKIE' } });

/** A browser whose visitor has just signed up by cookie. */
export const signedUp = async (server: TestServer, email = newEmail()) => {
  const jar = createJar(server);
  const answer = await jar.gql(signupByCookie, { variables: inputFor(email) });
  return { jar, email, answer };
};

export const tokenOf = (jar: Jar, kind: 'access' | 'refresh'): string =>
  [...jar.kept].find(([name]) => name.endsWith(`fieldgate-${kind}`))?.[1] ?? '';
