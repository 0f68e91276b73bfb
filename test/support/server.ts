import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { test as base, onTestFinished } from 'vitest';
import { createApi } from '../../src/boot/check-api.ts';
import { serve } from '../../src/boot/listen.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { FieldgateConfig } from '../../src/config/define-config.ts';
import { secretsOf } from '../../src/config/secrets.ts';
import type { TransportLimits } from '../../src/http/transport-limits.ts';
import { loggerOptions } from '../../src/telemetry/log.ts';
import { goodPassword, unlimited } from './process.ts';

export { goodPassword };

export type GraphQLAnswer = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as they come; a wrong path fails the assertion.
  readonly data: any;
  readonly errors:
    | readonly {
        readonly message: string;
        readonly path?: readonly unknown[];
        readonly extensions: Record<string, unknown>;
      }[]
    | undefined;
  /** The `extensions.code` and `reason` of each error: what clients branch on. */
  readonly codes: readonly string[];
};

export type TestServer = Awaited<ReturnType<typeof openServer>>;

export type TestServerOptions = {
  /** Left out, the server gets a new directory, which is removed when it stops. */
  readonly dataDir?: string;
  readonly limits?: TransportLimits;
  /** An API of one's own, as `defineConfig` takes it. */
  readonly own?: FieldgateConfig;
};

/** A whole server on a free port. It stops at the end of the test, or when the test stops it. */
export const startServer = async (
  env: Record<string, string> = {},
  options: TestServerOptions = {},
): Promise<TestServer> => {
  const server = await openServer(env, options);
  onTestFinished(server.stop);
  return server;
};

/**
 * A `test` whose functions get `{ server, admin }`: one server with these variables for the whole file, and its first
 * administrator, signed in, where the variables name one (`adminEnv`).
 */
export const testWithServer = (env: Record<string, string> = {}, options: TestServerOptions = {}) =>
  base
    .extend('env', { scope: 'file' }, env)
    .extend('server', { scope: 'file' }, async ({ env: variables }, { onCleanup }) => {
      const server = await openServer(variables, options);
      onCleanup(server.stop);
      return server;
    })
    .extend('admin', { scope: 'file' }, ({ server }) => loginAsAdmin(server));

/** For fixtures, which stop it themselves. */
export const openServer = async (env: Record<string, string>, { dataDir, limits, own }: TestServerOptions) => {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'fieldgate-')));
  let skippedMs = 0;
  const clock = () => Date.now() + skippedMs;
  const config = parseConfig({ PORT: '0', DATA_DIR: directory, ISSUER: 'http://localhost:4000', ...unlimited, ...env });
  const { log, lines } = memoryLog(secretsOf(config));
  const api = own ? { api: createApi(own) } : {};
  const server = await serve(config, { clock, log, env, ...api, ...(limits ? { limits } : {}) });

  const fetchPath = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${server.url}${path}`, init);

  const gql = async (query: string, options: GraphQLOptions = {}): Promise<GraphQLAnswer> => {
    const response = await fetchPath('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      body: JSON.stringify({ query, variables: options.variables, operationName: options.operationName }),
    });
    return toAnswer(response);
  };

  const stop = async (): Promise<void> => {
    await server.stop();
    if (dataDir === undefined) await rm(directory, { recursive: true });
  };
  let stopped: Promise<void> | undefined;

  return {
    url: server.url,
    metricsUrl: server.metricsUrl,
    dataDir: directory,
    /** What the server has logged, one parsed line each. */
    logLines: lines,
    /** Sets the clock of the server on. */
    advance: (ms: number) => {
      skippedMs += ms;
    },
    fetch: fetchPath,
    gql,
    stop: (): Promise<void> => {
      stopped ??= stop();
      return stopped;
    },
  };
};

export type GraphQLOptions = {
  readonly token?: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly headers?: Record<string, string>;
};

const toAnswer = async (response: Response): Promise<GraphQLAnswer> => {
  const { data, errors } = JSON.parse(await response.text());
  return {
    status: response.status,
    headers: response.headers,
    data,
    errors,
    codes: (errors ?? []).map(({ extensions }: { extensions?: Record<string, string> }) =>
      [extensions?.['code'], extensions?.['reason']].filter(Boolean).join(' '),
    ),
  };
};

const memoryLog = (
  secrets: readonly string[],
): { readonly log: Logger; readonly lines: () => readonly Record<string, unknown>[] } => {
  const written: string[] = [];
  const { serializers = {} } = loggerOptions('debug', secrets);
  const log = pino({ level: 'debug', serializers }, { write: (line: string) => written.push(line) });
  return { log, lines: () => written.map((line) => JSON.parse(line)) };
};

const grantFields = 'accessToken refreshToken expiresIn user { id email role } session { id }';

/** What a caller needs to show who they are. */
export type SignedIn = Pick<Grant, 'accessToken'>;

export type Grant = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly user: { readonly id: string; readonly email: string; readonly role: string };
  readonly session: { readonly id: string };
};

let count = 0;
export const newEmail = (): string => `user${++count}@example.com`;

export const signup = async (server: TestServer, email = newEmail(), password = goodPassword): Promise<Grant> => {
  const answer = await server.gql(`mutation ($input: SignupInput!) { signup(input: $input) { ${grantFields} } }`, {
    variables: { input: { email, password } },
  });
  if (!answer.data?.signup) throw new Error(`signup failed: ${JSON.stringify(answer.errors)}`);
  return answer.data.signup;
};

export const login = (
  server: TestServer,
  email: string,
  password = goodPassword,
  headers: Record<string, string> = {},
): Promise<GraphQLAnswer> =>
  server.gql(`mutation ($input: LoginInput!) { login(input: $input) { ${grantFields} } }`, {
    variables: { input: { email, password } },
    headers,
  });

export const refresh = (
  server: TestServer,
  refreshToken: string,
  options: GraphQLOptions = {},
): Promise<GraphQLAnswer> =>
  server.gql(`mutation ($input: RefreshInput!) { refresh(input: $input) { ${grantFields} } }`, {
    ...options,
    variables: { input: { refreshToken } },
  });

/** Long enough for every HS algorithm, and used by no server that runs. */
export const sharedSecret = 'tests only: 64 bytes and more, never used by a server that really runs';

/** What a server in production cannot start without. */
export const productionEnv = { NODE_ENV: 'production', JWT_ALGORITHM: 'HS256', JWT_SECRET: sharedSecret };

export const adminEnv = { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: goodPassword };

/** Signs the first administrator in, of a server that was started with `adminEnv`. */
export const loginAsAdmin = async (server: TestServer): Promise<Grant> =>
  (await login(server, adminEnv.ADMIN_EMAIL)).data.login;
