/** Every variable the server reads: its name, what it may be, and its default. A variable is declared here and nowhere else. */
import { z } from 'zod';
import { signingAlgorithmNames } from '../domain/signing-algorithms.ts';
import {
  about,
  duration,
  durationOrOff,
  headerList,
  issuerUrl,
  oneOf,
  onOff,
  originList,
  postgresUrl,
  proxyList,
  rate,
  redisUrl,
  returnUrlList,
  secret,
  wholeNumber,
} from './parsers.ts';

/** Variables as the environment has them: unchecked texts. */
export type Variables = Readonly<Record<string, string | undefined>>;

export const serverVariables = z.object({
  NODE_ENV: oneOf(['development', 'production', 'test'])
    .prefault('development')
    .meta(
      about(
        'production',
        '`production` turns off GraphiQL, introspection (see `INTROSPECTION`) and generated keys, and reads no `.env` file',
      ),
    ),
  HOST: z
    .string()
    .prefault('127.0.0.1')
    .meta(about('0.0.0.0', 'address to listen on; `0.0.0.0` for every address of the machine')),
  PORT: wholeNumber(0, 65_535).prefault('4000').meta(about('8080', 'port to listen on; 0 for any free one')),
  METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .meta(
      about(
        '9464',
        'serves `GET /metrics` for Prometheus on a separate port. If unset: on `PORT` for local callers in development, not at all in production',
      ),
    ),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .prefault('10000')
    .meta(about('20000', 'maximum number of open connections; further connections are closed immediately')),
  TLS_CERT: z
    .string()
    .optional()
    .meta(
      about(
        '/etc/tls/fullchain.pem',
        'PEM file of the certificate, with `TLS_KEY`: serves HTTPS with HSTS. Renewed files are loaded within a minute',
      ),
    ),
  TLS_KEY: z.string().optional().meta(about('/etc/tls/privkey.pem', "PEM file of the certificate's private key")),
  DATA_DIR: z
    .string()
    .prefault('./data')
    .meta(about('/var/lib/fieldgate', 'directory of the embedded database and the generated signing keys')),
  DATABASE_URL: postgresUrl
    .optional()
    .meta(
      about(
        'postgres://fieldgate:secret@db.internal:5432/fieldgate?sslmode=verify-full',
        'PostgreSQL for everything that is stored. If unset: SQLite, embedded, in `DATA_DIR`',
      ),
    ),
  REDIS_URL: redisUrl
    .optional()
    .meta(
      about(
        'rediss://app:secret@redis.internal:6379/0',
        'Redis for sessions, revocations and rate counters: `redis://` `rediss://` `redis+cluster://` `redis+sentinel://`. If unset: in the database',
      ),
    ),
  ISSUER: issuerUrl
    .optional()
    .meta(
      about(
        'https://id.example.com',
        'the address that clients use: `iss` of access tokens and base of every URL in the metadata. Default: `http://localhost:$PORT`, `https` with `TLS_CERT`',
      ),
    ),
  AUDIENCE: z.string().optional().meta(about('https://api.example.com', '`aud` of access tokens. Default: `ISSUER`')),
  JWT_ALGORITHM: oneOf(signingAlgorithmNames)
    .optional()
    .meta(
      about('RS256', 'algorithm of the signing keys. Default: `ES256`; `JWT_SECRET` needs `HS256`, `HS384` or `HS512`'),
    ),
  JWT_KEYS: z
    .string()
    .optional()
    .meta(
      about(
        '/etc/fieldgate/keys.json',
        'path of a JWK Set with private keys: the first one signs until keys are rotated, all verify. `npx fieldgate key generate` creates one. If unset: generated into `DATA_DIR`, in development only',
      ),
    ),
  JWT_SECRET: secret
    .optional()
    .meta(
      about(
        '$(openssl rand -base64 64)',
        'shared secret, for `HS…` only; at least 32 bytes (48 for HS384, 64 for HS512), no placeholder',
      ),
    ),
  ACCESS_TOKEN_TTL: duration('1s', '1d').prefault('15m').meta(about('5m', 'lifetime of access tokens')),
  KEY_ROTATION: durationOrOff('2s', '365d')
    .prefault('off')
    .meta(about('30d', 'interval of automatic key rotation: see [deployment](deployment.md#signing-keys)')),
  REFRESH_TOKEN_TTL: duration('1s', '365d')
    .prefault('30d')
    .meta(about('14d', 'idle lifetime of a session: it ends if it is not refreshed for so long')),
  SESSION_MAX_AGE: duration('1s', '365d').prefault('90d').meta(about('30d', 'absolute lifetime of a session')),
  REFRESH_REUSE_WINDOW: duration('0s', '60s')
    .prefault('10s')
    .meta(about('30s', 'how long a spent refresh token returns its successor again')),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 64).prefault('15').meta(about('12', 'minimum length of passwords in characters')),
  LOGIN_MAX_FAILURES: wholeNumber(1, 100)
    .prefault('5')
    .meta(
      about('10', 'this many wrong passwords for one email within `LOGIN_LOCK` [lock](abuse.md) the email for as long'),
    ),
  LOGIN_LOCK: duration('1s', '1d').prefault('15m').meta(about('30m', 'see `LOGIN_MAX_FAILURES`')),
  RECENT_SIGN_IN: duration('1s', '1d')
    .prefault('10m')
    .meta(
      about(
        '5m',
        'for how long a sign-in lets its session change [what opens the account](credentials.md#what-opens-an-account) without the password',
      ),
    ),
  EVENT_RETENTION: duration('1h', '3650d')
    .prefault('90d')
    .meta(about('365d', 'how long the database keeps [events](events.md)')),
  API_KEY_RETENTION: duration('1h', '3650d')
    .prefault('90d')
    .meta(about('30d', 'how long the database keeps API keys after they expired or were revoked')),
  REVOCATION_CHECK: oneOf(['strict', 'feed'])
    .prefault('strict')
    .meta(
      about(
        'feed',
        '`strict` asks the store at each request. `feed` (with Redis): each process follows the revocations, at most 100 ms behind',
      ),
    ),
  BASIC_AUTH: onOff.prefault('off').meta(about('on', '`on` accepts `Authorization: Basic` with email and password')),
  INTROSPECTION: oneOf(['full', 'role', 'off'])
    .optional()
    .meta(
      about(
        'role',
        '`role` shows each caller the part of the schema that their role can reach. Only `full` suggests names in errors. Default: `full`, `off` in production',
      ),
    ),
  RATE_LIMIT: rate
    .optional()
    .meta(
      about(
        '5000/1h',
        'requests per caller; or `off`: see [limits](abuse.md#rate-limits). Signing in, refreshing and signing out are not counted here. Default: `1000/1h`, `off` in development',
      ),
    ),
  RATE_LIMIT_LOGIN: rate
    .optional()
    .meta(
      about(
        '10/1m',
        'attempts to sign in per address, counted exactly across all instances; or `off`. Default: `30/5m`, `1000/5m` in development',
      ),
    ),
  RATE_LIMIT_SIGNUP: rate
    .optional()
    .meta(
      about(
        '5/1h',
        'accounts created per address, counted exactly across all instances; or `off`. Default: `20/1h`, `1000/1h` in development',
      ),
    ),
  RATE_LIMIT_REFRESH: rate
    .prefault('150/5m')
    .meta(about('300/5m', 'refreshes per address, counted exactly across all instances; or `off`')),
  TRUSTED_PROXIES: proxyList
    .default([])
    .meta(
      about(
        '10.0.0.0/8,loopback',
        'proxies whose `X-Forwarded-For` is trusted: addresses, ranges, `loopback`, `linklocal`, `uniquelocal`',
      ),
    ),
  SESSION_COOKIES: onOff.prefault('on').meta(about('off', '`off` refuses `delivery: COOKIE` and ignores cookies')),
  CORS_ORIGINS: originList
    .default([])
    .meta(
      about(
        'https://app.example.com,https://admin.example.com',
        'exact origins whose pages may read responses and use the session cookies. In development `localhost`, `127.0.0.1` and `[::1]` are one',
      ),
    ),
  CORS_HEADERS: headerList
    .default([])
    .meta(
      about(
        'X-App-Version,X-Tenant',
        'request headers that these pages may send besides the usual ones; those of Sentry, Datadog, B3 and W3C tracing are built in',
      ),
    ),
  OAUTH_RETURN_URLS: returnUrlList
    .default([])
    .meta(about('https://app.example.com/signed-in', 'pages to which social login may return: exact URLs')),
  ADMIN_EMAIL: z
    .string()
    .optional()
    .meta(
      about('admin@example.com', 'with `ADMIN_PASSWORD`: creates the first administrator if no account has that email'),
    ),
  ADMIN_PASSWORD: secret
    .optional()
    .meta(about('a long phrase of your own', 'see `ADMIN_EMAIL`; remove it after the first start')),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .prefault('info')
    .meta(about('warn', 'least level that is logged: JSON lines, readable text on a terminal')),
});

export type ServerVariables = z.output<typeof serverVariables>;

/** `OAUTH_<NAME>_…`, for each identity provider. */
export const providerVariable = /^OAUTH_([A-Z0-9]+(?:_[A-Z0-9]+)*)_(CLIENT_ID|CLIENT_SECRET|ISSUER|TRUST_EMAIL)$/;

/** One sentence for each issue. A message never holds the value of a variable. */
export const problemsOf = (error: z.ZodError | undefined): readonly string[] =>
  (error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}.`);
