import { z } from 'zod';
import type { LockoutPolicy } from '../domain/login-attempts.ts';
import type { Rates } from '../domain/rate-limit.ts';
import { Secret } from '../domain/secret.ts';
import type { SessionLifetimes } from '../domain/session.ts';
import { type RotationTimes, rotationTimes } from '../domain/signing-key.ts';
import type { TrustedProxies } from '../http/client-address.ts';
import type { ProviderSettings } from '../identity-providers/identity-provider.ts';
import type { KeySource } from '../services/signing-keys.ts';
import type { DatabaseTarget } from '../stores/open.ts';
import type { RedisTarget } from '../stores/redis/url.ts';
import type { TracingSettings } from '../telemetry/tracing/settings.ts';
import { conflictsIn } from './cross-checks.ts';
import { parseProviders, returnUrlList } from './identity-providers.ts';
import {
  duration,
  durationOrOff,
  issuerUrl,
  oneOf,
  originList,
  postgresUrl,
  proxyList,
  redisUrl,
  unitMs,
  wholeNumber,
} from './parsers.ts';
import { ratesOf, rateVariables } from './rates.ts';
import { parseTracing, tracingVariables } from './tracing.ts';

/** Everything the environment decides, checked and in the units the code uses. */
export type Config = {
  readonly environment: Environment;
  readonly host: string;
  readonly port: number;
  /** Where metrics are served, if on a port of their own. */
  readonly metricsPort: number | null;
  /** Where traces go; null where nobody asked for them. */
  readonly tracing: TracingSettings | null;
  /** How many connections are held at once. */
  readonly maxConnections: number;
  /** The files of a certificate and its key, if the server is to speak TLS itself. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Where generated signing keys are kept, and the embedded database if there is no other. */
  readonly dataDir: string;
  readonly database: DatabaseTarget;
  /** Where sessions are kept; null: in the database too. */
  readonly redis: RedisTarget | null;
  /** How a process with sessions in Redis knows of revocations: by asking each time, or by following a feed of them. */
  readonly revocationCheck: (typeof revocationChecks)[number];
  /** `iss` of every access token and the base of every URL the server tells. */
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
  /** How long events are kept in the database. */
  readonly eventRetentionMs: number;
  /** Whether email and password are accepted with each request. */
  readonly basicAuth: boolean;
  /** Who is told what the schema holds. */
  readonly introspection: (typeof introspections)[number];
  /** How often callers may do what. */
  readonly rates: Rates;
  /** Whose word about the client's address is believed. */
  readonly trustedProxies: TrustedProxies;
  /** Whether tokens may be delivered in cookies, and are taken from them. */
  readonly sessionCookies: boolean;
  /** Origins whose pages may read answers; exactly as browsers send them. */
  readonly corsOrigins: readonly string[];
  /** Where people may sign in besides here. */
  readonly identityProviders: readonly ProviderSettings[];
  /** Where their browsers may return to, letter by letter. */
  readonly returnUrls: readonly string[];
  readonly firstAdmin: { readonly email: string; readonly password: Secret } | null;
  readonly logLevel: (typeof logLevels)[number];
};

export type Environment = (typeof environments)[number];
export type Algorithm = (typeof algorithms)[number];

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

const environments = ['development', 'production', 'test'] as const;
const revocationChecks = ['strict', 'feed'] as const;
const introspections = ['full', 'role', 'off'] as const;
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const algorithms = [
  ...(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const),
] as const;

const variables = z.object({
  NODE_ENV: oneOf(environments).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(10_000),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: postgresUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  ISSUER: issuerUrl.optional(),
  AUDIENCE: z.string().optional(),
  JWT_ALGORITHM: oneOf(algorithms).optional(),
  JWT_KEYS: z.string().optional(),
  JWT_SECRET: z
    .string()
    .transform((text) => new Secret(text))
    .optional(),
  ACCESS_TOKEN_TTL: duration('1s', '1d').default(15 * unitMs.m),
  KEY_ROTATION: durationOrOff('2s', '365d').default(null),
  REFRESH_TOKEN_TTL: duration('1s', '365d').default(30 * unitMs.d),
  SESSION_MAX_AGE: duration('1s', '365d').default(90 * unitMs.d),
  REFRESH_REUSE_WINDOW: duration('0s', '60s').default(10 * unitMs.s),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 64).default(15),
  LOGIN_MAX_FAILURES: wholeNumber(1, 100).default(5),
  LOGIN_LOCK: duration('1s', '1d').default(15 * unitMs.m),
  EVENT_RETENTION: duration('1h', '3650d').default(90 * unitMs.d),
  REVOCATION_CHECK: oneOf(revocationChecks).default('strict'),
  BASIC_AUTH: oneOf(['on', 'off']).default('off'),
  INTROSPECTION: oneOf(introspections).optional(),
  ...rateVariables,
  TRUSTED_PROXIES: proxyList.default([]),
  SESSION_COOKIES: oneOf(['on', 'off']).default('on'),
  CORS_ORIGINS: originList.default([]),
  OAUTH_RETURN_URLS: returnUrlList.default([]),
  ADMIN_EMAIL: z.string().optional(),
  ADMIN_PASSWORD: z
    .string()
    .transform((text) => new Secret(text))
    .optional(),
  LOG_LEVEL: oneOf(logLevels).default('info'),
});

/** Names of all variables the server reads, for documentation and tests. */
export const variableNames: readonly string[] = [...Object.keys(variables.shape), ...tracingVariables];

/**
 * Environment variables → configuration. Pure: reads no file and no `process`.
 * An empty value counts as unset. Throws one `ConfigError` that lists every problem.
 */
export const parseConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = variables.safeParse(given);
  const providers = parseProviders(given);
  const tracing = parseTracing(given);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    ...conflictsIn(given),
    ...providers.problems,
    ...tracing.problems,
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return { ...toConfig(parsed.data), identityProviders: providers.providers, tracing: tracing.settings };
};

const toConfig = (env: z.output<typeof variables>): Omit<Config, 'identityProviders' | 'tracing'> => {
  const tls = env.TLS_CERT && env.TLS_KEY ? { certFile: env.TLS_CERT, keyFile: env.TLS_KEY } : null;
  const issuer = env.ISSUER ?? `${tls ? 'https' : 'http'}://localhost:${env.PORT}`;
  return {
    environment: env.NODE_ENV,
    host: env.HOST,
    port: env.PORT,
    metricsPort: env.METRICS_PORT ?? null,
    maxConnections: env.MAX_CONNECTIONS,
    tls,
    dataDir: env.DATA_DIR,
    database: env.DATABASE_URL
      ? { kind: 'postgres', url: env.DATABASE_URL }
      : { kind: 'sqlite', directory: env.DATA_DIR },
    redis: env.REDIS_URL ?? null,
    revocationCheck: env.REVOCATION_CHECK,
    issuer,
    audience: env.AUDIENCE ?? issuer,
    signing: keySource(env),
    keyRotation: rotationTimes(env.KEY_ROTATION, env.ACCESS_TOKEN_TTL / unitMs.s),
    accessTokenTtlSeconds: env.ACCESS_TOKEN_TTL / unitMs.s,
    sessions: {
      idleMs: env.REFRESH_TOKEN_TTL,
      absoluteMs: env.SESSION_MAX_AGE,
      reuseWindowMs: env.REFRESH_REUSE_WINDOW,
    },
    passwordMinLength: env.PASSWORD_MIN_LENGTH,
    lockout: { maxFailures: env.LOGIN_MAX_FAILURES, lockMs: env.LOGIN_LOCK },
    eventRetentionMs: env.EVENT_RETENTION,
    basicAuth: env.BASIC_AUTH === 'on',
    introspection: env.INTROSPECTION ?? (env.NODE_ENV === 'production' ? 'off' : 'full'),
    rates: ratesOf(env),
    trustedProxies: env.TRUSTED_PROXIES,
    sessionCookies: env.SESSION_COOKIES === 'on',
    corsOrigins: env.CORS_ORIGINS,
    returnUrls: env.OAUTH_RETURN_URLS,
    firstAdmin: env.ADMIN_EMAIL && env.ADMIN_PASSWORD ? { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD } : null,
    logLevel: env.LOG_LEVEL,
  };
};

const keySource = ({ JWT_ALGORITHM: algorithm, ...env }: z.output<typeof variables>): KeySource => {
  if (env.JWT_SECRET) return { kind: 'secret', secret: env.JWT_SECRET, algorithm: algorithm ?? 'HS256' };
  if (env.JWT_KEYS) return { kind: 'file', file: env.JWT_KEYS, algorithm };
  return { kind: 'generated', file: `${env.DATA_DIR}/signing-keys.json`, algorithm: algorithm ?? 'ES256' };
};
