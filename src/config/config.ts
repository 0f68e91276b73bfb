import type { LockoutPolicy } from '../domain/login-attempts.ts';
import type { Rates } from '../domain/rate-limit.ts';
import type { Secret } from '../domain/secret.ts';
import type { SessionLifetimes } from '../domain/session.ts';
import type { DatabaseTarget } from '../domain/settings/database-target.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import type { KeySource } from '../domain/settings/key-source.ts';
import type { RedisTarget } from '../domain/settings/redis-target.ts';
import type { TracingSettings } from '../domain/settings/tracing.ts';
import type { TrustedProxies } from '../domain/settings/trusted-proxies.ts';
import { type RotationTimes, rotationTimes } from '../domain/signing-key.ts';
import { findConflicts, findDoubts } from './cross-checks.ts';
import { parseProviders } from './identity-providers.ts';
import { findNearMisses } from './near-misses.ts';
import { unitMs } from './parsers.ts';
import { parseTracing } from './tracing.ts';
import { tracingDetails, tracingSwitches } from './tracing-variables.ts';
import { problemsOf, type ServerVariables, serverVariables, type Variables } from './variables.ts';

/** Everything the environment decides, checked and in the units the code uses. */
export type Config = {
  readonly environment: ServerVariables['NODE_ENV'];
  readonly host: string;
  readonly port: number;
  /** The separate port for metrics, if there is one. */
  readonly metricsPort: number | null;
  /** Where traces go; null without tracing. */
  readonly tracing: TracingSettings | null;
  /** How many connections are open at once. */
  readonly maxConnections: number;
  /** The files of a certificate and its key, if the server itself speaks TLS. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** The directory of generated signing keys, and of the embedded database if it is used. */
  readonly dataDir: string;
  readonly database: DatabaseTarget;
  /** Where sessions are kept; null: in the database too. */
  readonly redis: RedisTarget | null;
  /** How a process with sessions in Redis learns of revocations: it asks at each request, or follows a feed. */
  readonly revocationCheck: ServerVariables['REVOCATION_CHECK'];
  /** `iss` of every access token and the base of every URL in metadata. */
  readonly issuer: string;
  /** `aud` of every access token. */
  readonly audience: string;
  readonly signing: KeySource;
  readonly keyRotation: RotationTimes;
  readonly accessTokenTtlSeconds: number;
  readonly sessions: SessionLifetimes;
  readonly passwordMinLength: number;
  /** How many wrong passwords lock an email, and for how long. */
  readonly lockout: LockoutPolicy;
  /** For how long a sign-in lets its session change the account's ways in. */
  readonly recentSignInMs: number;
  /** How long events are kept in the database. */
  readonly eventRetentionMs: number;
  /** How long expired and revoked API keys are kept. */
  readonly apiKeyRetentionMs: number;
  /** Whether `Authorization: Basic` with email and password is accepted. */
  readonly basicAuth: boolean;
  /** Who may introspect the schema. */
  readonly introspection: NonNullable<ServerVariables['INTROSPECTION']>;
  readonly rates: Rates;
  /** The proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: TrustedProxies;
  /** Whether tokens may be delivered in cookies, and are accepted from them. */
  readonly sessionCookies: boolean;
  /** Origins whose pages may read answers; exactly as browsers send them. */
  readonly corsOrigins: readonly string[];
  /** Request headers that pages of these origins may send, besides the built-in ones. */
  readonly corsHeaders: readonly string[];
  /** The identity providers for social login. */
  readonly identityProviders: readonly ProviderSettings[];
  /** Where browsers may return to from a provider; compared character by character. */
  readonly returnUrls: readonly string[];
  readonly firstAdmin: { readonly email: string; readonly password: Secret } | null;
  readonly logLevel: ServerVariables['LOG_LEVEL'];
  /** Sentences about what works and is probably not meant. Like problems, they hold no value. */
  readonly warnings: readonly string[];
};

/** Thrown with every problem there is, one line each. A line names the variable and never holds its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** The names of all variables, except those of identity providers: for documentation and tests. */
export const variableNames: readonly string[] = [serverVariables, tracingSwitches, tracingDetails].flatMap(
  ({ shape }) => Object.keys(shape),
);

/**
 * Returns the configuration that environment variables describe. Pure: reads no file and no `process`.
 * An empty value counts as unset. Throws one `ConfigError` that lists every problem.
 */
export const parseConfig = (env: Variables): Config => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = serverVariables.safeParse(given);
  const providers = parseProviders(given);
  const tracing = parseTracing(given);
  const problems = [...problemsOf(parsed.error), ...findConflicts(given), ...providers.problems, ...tracing.problems];
  if (!parsed.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return {
    ...toNetwork(parsed.data),
    ...toStorage(parsed.data),
    ...toTokens(parsed.data),
    ...toAccess(parsed.data),
    identityProviders: providers.providers,
    tracing: tracing.settings,
    environment: parsed.data.NODE_ENV,
    logLevel: parsed.data.LOG_LEVEL,
    warnings: [...findNearMisses(env, variableNames), ...findDoubts(given)],
  };
};

const toNetwork = (env: ServerVariables) => ({
  host: env.HOST,
  port: env.PORT,
  metricsPort: env.METRICS_PORT ?? null,
  maxConnections: env.MAX_CONNECTIONS,
  tls: toTls(env),
  trustedProxies: env.TRUSTED_PROXIES,
  corsOrigins: env.CORS_ORIGINS,
  corsHeaders: env.CORS_HEADERS,
});

const toTls = ({ TLS_CERT: certFile, TLS_KEY: keyFile }: ServerVariables): Config['tls'] =>
  certFile && keyFile ? { certFile, keyFile } : null;

const toStorage = (env: ServerVariables) => ({
  dataDir: env.DATA_DIR,
  database: toDatabase(env),
  redis: env.REDIS_URL ?? null,
  revocationCheck: env.REVOCATION_CHECK,
  eventRetentionMs: env.EVENT_RETENTION,
  apiKeyRetentionMs: env.API_KEY_RETENTION,
});

const toDatabase = ({ DATABASE_URL: url, DATA_DIR: directory }: ServerVariables): DatabaseTarget =>
  url ? { kind: 'postgres', url } : { kind: 'sqlite', directory };

const toTokens = (env: ServerVariables) => {
  const issuer = env.ISSUER ?? `${toTls(env) ? 'https' : 'http'}://localhost:${env.PORT}`;
  const accessTokenTtlSeconds = env.ACCESS_TOKEN_TTL / unitMs.s;
  return {
    issuer,
    audience: env.AUDIENCE ?? issuer,
    signing: toKeySource(env),
    keyRotation: rotationTimes(env.KEY_ROTATION, accessTokenTtlSeconds),
    accessTokenTtlSeconds,
    sessions: {
      idleMs: env.REFRESH_TOKEN_TTL,
      absoluteMs: env.SESSION_MAX_AGE,
      reuseWindowMs: env.REFRESH_REUSE_WINDOW,
    },
  };
};

const toKeySource = ({ JWT_ALGORITHM: algorithm, ...env }: ServerVariables): KeySource => {
  if (env.JWT_SECRET) return { kind: 'secret', secret: env.JWT_SECRET, algorithm: algorithm ?? 'HS256' };
  if (env.JWT_KEYS) return { kind: 'file', file: env.JWT_KEYS, algorithm };
  return { kind: 'generated', file: `${env.DATA_DIR}/signing-keys.json`, algorithm: algorithm ?? 'ES256' };
};

/** In development no limit gets in the way of somebody who reloads a page all day and makes accounts by script. */
const toRates = (env: ServerVariables): Rates => {
  const isDevelopment = env.NODE_ENV === 'development';
  const preset = isDevelopment ? developmentRates : productionRates;
  return {
    general: env.RATE_LIMIT === undefined ? preset.general : env.RATE_LIMIT,
    login: env.RATE_LIMIT_LOGIN === undefined ? preset.login : env.RATE_LIMIT_LOGIN,
    signup: env.RATE_LIMIT_SIGNUP === undefined ? preset.signup : env.RATE_LIMIT_SIGNUP,
    refresh: env.RATE_LIMIT_REFRESH,
  };
};

const productionRates = {
  general: { points: 1000, windowMs: unitMs.h },
  login: { points: 30, windowMs: 5 * unitMs.m },
  signup: { points: 20, windowMs: unitMs.h },
};

const developmentRates = {
  general: null,
  login: { points: 1000, windowMs: 5 * unitMs.m },
  signup: { points: 1000, windowMs: unitMs.h },
};

const toAccess = (env: ServerVariables) => ({
  passwordMinLength: env.PASSWORD_MIN_LENGTH,
  lockout: { maxFailures: env.LOGIN_MAX_FAILURES, lockMs: env.LOGIN_LOCK },
  recentSignInMs: env.RECENT_SIGN_IN,
  basicAuth: env.BASIC_AUTH,
  sessionCookies: env.SESSION_COOKIES,
  introspection: env.INTROSPECTION ?? (env.NODE_ENV === 'production' ? 'off' : 'full'),
  rates: toRates(env),
  returnUrls: env.OAUTH_RETURN_URLS,
  firstAdmin: env.ADMIN_EMAIL && env.ADMIN_PASSWORD ? { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD } : null,
});
