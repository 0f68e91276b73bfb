import { z } from 'zod';
import { Secret } from './domain/secret.ts';
import type { SessionLifetimes } from './domain/session.ts';
import type { KeySource } from './services/signing-keys.ts';
import type { DatabaseTarget } from './stores/open.ts';
import { parseRedisUrl, type RedisTarget } from './stores/redis/url.ts';

/** Everything the environment decides, checked and in the units the code uses. */
export type Config = {
  readonly environment: Environment;
  readonly host: string;
  readonly port: number;
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
  readonly accessTokenTtlSeconds: number;
  readonly sessions: SessionLifetimes;
  readonly passwordMinLength: number;
  /** Whether email and password are accepted with each request. */
  readonly basicAuth: boolean;
  /** Origins whose pages may read answers; exactly as browsers send them. */
  readonly corsOrigins: readonly string[];
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
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const algorithms = [
  ...(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const),
] as const;

const second = 1000;
const unitMs = { s: second, m: 60 * second, h: 3600 * second, d: 86_400 * second } as const;

/** `90s` `15m` `1h` `30d` as milliseconds, within bounds that are told in the same words. */
const duration = (least: string, most: string) =>
  z
    .string()
    .transform((text, context) => {
      const ms = durationMs(text);
      if (ms === null) context.addIssue('is not a duration; write it like 90s, 15m, 1h or 30d');
      return ms ?? Number.NaN;
    })
    .refine((ms) => Number.isNaN(ms) || (ms >= (durationMs(least) ?? 0) && ms <= (durationMs(most) ?? 0)), {
      error: `must be between ${least} and ${most}`,
    });

const durationMs = (text: string): number | null => {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = match?.[2];
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(match?.[1]) * unitMs[unit] : null;
};

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `must be a whole number between ${least} and ${most}` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `must be between ${least} and ${most}` });

/** An http(s) URL without query, fragment or user, and without a slash at its end (RFC 8414 §2). */
const issuerUrl = z.string().refine(
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return (
      url !== null && isHttp(url) && text === text.replace(/\/+$/, '') && !url.search && !url.hash && !url.username
    );
  },
  { error: 'must be an http or https URL without query, fragment or a slash at its end' },
);

const originList = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .refine(
    (items) => items.every((item) => URL.canParse(item) && isHttp(new URL(item)) && new URL(item).origin === item),
    {
      error: 'must be a comma-separated list of exact origins such as https://app.example.com',
    },
  );

const isHttp = (url: URL): boolean => url.protocol === 'https:' || url.protocol === 'http:';

const postgresUrl = z
  .string()
  .refine((text) => URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol), {
    error: 'must be postgres://user:password@host:5432/database; percent-encode what has a meaning in URLs',
  })
  .transform((text) => new Secret(text));

const redisUrl = z.string().transform((text, context): RedisTarget | null => {
  const target = parseRedisUrl(text);
  if (target.kind !== 'invalid') return target;
  context.addIssue(target.problem);
  return null;
});

const variables = z.object({
  NODE_ENV: oneOf(environments).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
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
  REFRESH_TOKEN_TTL: duration('1s', '365d').default(30 * unitMs.d),
  SESSION_MAX_AGE: duration('1s', '365d').default(90 * unitMs.d),
  REFRESH_REUSE_WINDOW: duration('0s', '60s').default(10 * unitMs.s),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 64).default(15),
  REVOCATION_CHECK: oneOf(revocationChecks).default('strict'),
  BASIC_AUTH: oneOf(['on', 'off']).default('off'),
  CORS_ORIGINS: originList.default([]),
  ADMIN_EMAIL: z.string().optional(),
  ADMIN_PASSWORD: z
    .string()
    .transform((text) => new Secret(text))
    .optional(),
  LOG_LEVEL: oneOf(logLevels).default('info'),
});

/** Names of all variables the server reads, for documentation and tests. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

/**
 * Environment variables → configuration. Pure: reads no file and no `process`.
 * An empty value counts as unset. Throws one `ConfigError` that lists every problem.
 */
export const parseConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = variables.safeParse(given);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    ...crossProblems(given),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return toConfig(parsed.data);
};

/** What only shows when two variables are seen together. Works on the raw text, so that it is told beside other problems. */
const crossProblems = (env: Readonly<Record<string, string | undefined>>): readonly string[] => {
  const problems: string[] = [];
  const symmetric = (env['JWT_ALGORITHM'] ?? 'ES256').startsWith('HS');
  if (env['JWT_SECRET'] && env['JWT_KEYS']) problems.push('JWT_SECRET and JWT_KEYS are both set; set one.');
  if (env['JWT_SECRET'] && !symmetric) problems.push('JWT_SECRET is only for JWT_ALGORITHM HS256, HS384 or HS512.');
  if (symmetric && !env['JWT_SECRET'] && !env['JWT_KEYS'])
    problems.push('JWT_SECRET is missing; HS algorithms need one.');
  if (env['NODE_ENV'] === 'production' && !env['JWT_SECRET'] && !env['JWT_KEYS']) {
    problems.push('JWT_KEYS is missing; production generates no secrets. Make a key file with: fieldgate key generate');
  }
  if (env['REVOCATION_CHECK'] === 'feed' && !env['REDIS_URL']) {
    problems.push('REVOCATION_CHECK=feed is for sessions in Redis; set REDIS_URL, or leave it strict.');
  }
  if (Boolean(env['ADMIN_EMAIL']) !== Boolean(env['ADMIN_PASSWORD'])) {
    problems.push('ADMIN_EMAIL and ADMIN_PASSWORD go together; set both or neither.');
  }
  return problems;
};

const toConfig = (env: z.output<typeof variables>): Config => {
  const issuer = env.ISSUER ?? `http://localhost:${env.PORT}`;
  return {
    environment: env.NODE_ENV,
    host: env.HOST,
    port: env.PORT,
    dataDir: env.DATA_DIR,
    database: env.DATABASE_URL
      ? { kind: 'postgres', url: env.DATABASE_URL }
      : { kind: 'sqlite', directory: env.DATA_DIR },
    redis: env.REDIS_URL ?? null,
    revocationCheck: env.REVOCATION_CHECK,
    issuer,
    audience: env.AUDIENCE ?? issuer,
    signing: keySource(env),
    accessTokenTtlSeconds: env.ACCESS_TOKEN_TTL / second,
    sessions: {
      idleMs: env.REFRESH_TOKEN_TTL,
      absoluteMs: env.SESSION_MAX_AGE,
      reuseWindowMs: env.REFRESH_REUSE_WINDOW,
    },
    passwordMinLength: env.PASSWORD_MIN_LENGTH,
    basicAuth: env.BASIC_AUTH === 'on',
    corsOrigins: env.CORS_ORIGINS,
    firstAdmin: env.ADMIN_EMAIL && env.ADMIN_PASSWORD ? { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD } : null,
    logLevel: env.LOG_LEVEL,
  };
};

const keySource = ({ JWT_ALGORITHM: algorithm, ...env }: z.output<typeof variables>): KeySource => {
  if (env.JWT_SECRET) return { kind: 'secret', secret: env.JWT_SECRET, algorithm: algorithm ?? 'HS256' };
  if (env.JWT_KEYS) return { kind: 'file', file: env.JWT_KEYS, algorithm };
  return { kind: 'generated', file: `${env.DATA_DIR}/signing-keys.json`, algorithm: algorithm ?? 'ES256' };
};
