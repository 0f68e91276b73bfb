import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { goodPassword, newEmail, startServer, type TestServer } from '../support/server.ts';

const key = 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA';
const production = { NODE_ENV: 'production', JWT_ALGORITHM: 'HS256', JWT_SECRET: key };

/** Signs up with cookies from a page of this origin, then uses them from there. */
const useCookies = async (server: TestServer, origin: string) => {
  const signup = await server.gql('mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }', {
    variables: { input: { email: newEmail(), password: goodPassword, delivery: 'COOKIE' } },
    headers: { origin },
  });
  if (signup.codes.length > 0) return signup;
  const cookie = signup.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return server.gql('{ me { id } }', { headers: { origin, cookie } });
};

const refusedIn = (server: TestServer) => server.logLines().filter(({ event }) => event === 'origin.refused');

describe('in development the spellings of this machine are one', () => {
  it.each(['http://localhost:4000', 'http://127.0.0.1:4000', 'http://[::1]:4000'])(
    'a page at %s uses cookies where ISSUER is on localhost',
    async (origin) => {
      const server = await startServer();
      expect((await useCookies(server, origin)).status).toBe(200);
      expect(refusedIn(server)).toEqual([]);
    },
  );

  it('and CORS_ORIGINS with one of them allows the others, of the same port', async () => {
    const server = await startServer({ CORS_ORIGINS: 'http://localhost:5173' });
    const allowed = async (origin: string) =>
      (await server.gql('{ hello }', { headers: { origin } })).headers.get('access-control-allow-origin');
    expect(await allowed('http://127.0.0.1:5173')).toBe('http://127.0.0.1:5173');
    expect(await allowed('http://127.0.0.1:5174')).toBeNull();
    expect(await allowed('https://localhost:5173')).toBeNull();
  });

  it('but not in production', async () => {
    const server = await startServer({ ...production, ISSUER: 'http://localhost:4000' });
    expect((await useCookies(server, 'http://127.0.0.1:4000')).codes).toEqual(['FORBIDDEN ORIGIN']);
  });
});

describe('a refused origin', () => {
  it('is logged once a minute, with the settings that would allow it', async () => {
    const server = await startServer();
    for (let round = 0; round < 3; round += 1) await useCookies(server, 'https://app.example.com');
    await server.fetch('/graphql', { method: 'OPTIONS', headers: { origin: 'https://app.example.com' } });
    expect(refusedIn(server)).toMatchObject([
      { level: 40, origin: 'https://app.example.com', msg: expect.stringMatching(/CORS_ORIGINS.*ISSUER/) },
    ]);
  });

  it('does not fill the log: many different ones are a bounded number of lines', async () => {
    const server = await startServer();
    for (let count = 0; count < 60; count += 1) {
      await server.gql('{ hello }', { headers: { origin: `https://x${count}.example` } });
    }
    expect(refusedIn(server)).toHaveLength(20);
  });
});

describe('request headers of pages', () => {
  const preflight = async (env: Record<string, string>) => {
    const server = await startServer({ CORS_ORIGINS: 'https://app.example.com', ...env });
    const response = await server.fetch('/graphql', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
    });
    return (response.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(', ');
  };

  it('include those of common tracing tools, and those of CORS_HEADERS', async () => {
    const headers = await preflight({ CORS_HEADERS: 'X-App-Version, X-Tenant' });
    expect(headers).toEqual(
      expect.arrayContaining([
        ...['traceparent', 'baggage', 'sentry-trace', 'x-datadog-trace-id', 'x-datadog-sampling-priority', 'b3'],
        ...['x-b3-traceid', 'authorization', 'x-requested-with', 'x-app-version', 'x-tenant'],
      ]),
    );
  });

  it.each(['*', 'X App', 'a,,b', 'x:1'])('are names: CORS_HEADERS=%s is refused', (CORS_HEADERS) => {
    expect(() => parseConfig({ CORS_HEADERS })).toThrow(/CORS_HEADERS must be a comma-separated list of header names/);
  });
});

describe('an ISSUER that does not fit', () => {
  it('refuses the start in production where browsers would drop the cookies', () => {
    const env = { ...production, ISSUER: 'http://192.168.1.5:4300' };
    expect(() => parseConfig(env)).toThrow(/ISSUER is http in production.*SESSION_COOKIES/);
    expect(parseConfig({ ...env, SESSION_COOKIES: 'off' }).issuer).toBe('http://192.168.1.5:4300');
    expect(parseConfig({ ...production, ISSUER: 'http://localhost:4300' }).sessionCookies).toBe(true);
    expect(parseConfig({ ...production, ISSUER: 'https://id.example.com' }).sessionCookies).toBe(true);
  });

  it('is warned about where production listens publicly with the default', async () => {
    expect(parseConfig({ ...production, HOST: '0.0.0.0' }).warnings).toEqual([
      expect.stringContaining('ISSUER is not set'),
    ]);
    for (const env of [{ HOST: '127.0.0.1' }, { HOST: '0.0.0.0', ISSUER: 'https://id.example.com' }]) {
      expect(parseConfig({ ...production, ...env }).warnings).toEqual([]);
    }
    const development = { ISSUER: 'http://192.168.1.5:4000' };
    expect(parseConfig(development).warnings).toEqual([expect.stringContaining('ISSUER is http')]);
    expect(parseConfig({ ...development, SESSION_COOKIES: 'off' }).warnings).toEqual([]);
    const server = await startServer({ CORS_ORIGIN: 'https://app.example.com' });
    expect(server.logLines()).toContainEqual(expect.objectContaining({ event: 'configuration.warning', level: 40 }));
  });
});

describe('a variable with a name close to one that is read', () => {
  it.each([
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['PROT', 'PORT'],
    ['JWT_KEY', 'JWT_KEYS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['admin_email', 'ADMIN_EMAIL'],
  ])('%s is warned about, and never its value', (name, near) => {
    const { warnings } = parseConfig({ [name]: 'hunter2' });
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${name} .* did you mean ${near}\\?$`))]);
    expect(warnings.join()).not.toContain('hunter2');
  });

  it('only if it is close: what other programs and platforms set is not', () => {
    const names = [
      ...['HOME', 'PATH', 'PWD', 'USER', 'SHELL', 'TERM', 'LANG', 'HOSTNAME', 'TMPDIR', 'TZ', 'CI', 'EDITOR', 'MAIL'],
      ...['REDIS_PORT', 'REDIS_HOST', 'POSTGRES_URL', 'DATABASE_HOST', 'KUBERNETES_PORT', 'KUBERNETES_SERVICE_HOST'],
      ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_VERSION', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER', 'AWS_REGION'],
      ...['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'SSL_CERT_FILE', 'GOOGLE_CLIENT_ID', 'npm_config_cache', 'INIT_CWD'],
      ...['PORTS_OPEN', 'HTTP_PROXY', 'no_proxy', 'COLOR', 'DEBUG', 'LS_COLORS', 'OLDPWD', 'SHLVL', 'LOGNAME', '_'],
    ];
    expect(parseConfig(Object.fromEntries(names.map((name) => [name, 'x']))).warnings).toEqual([]);
  });
});
