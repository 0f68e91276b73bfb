/** Every variable the server reads: its name, what it may be, and its default. A variable is declared here and nowhere else. */
import { z } from 'zod';
import { samplers } from '../domain/settings/tracing.ts';
import { signingAlgorithmNames } from '../domain/signing-algorithms.ts';
import {
  duration,
  durationOrOff,
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
  unitMs,
  wholeNumber,
} from './parsers.ts';
import { collectorUrl, headerPairs, keyword, pairs, ratio } from './tracing-parsers.ts';

/** Variables as the environment has them: unchecked texts. */
export type Variables = Readonly<Record<string, string | undefined>>;

export const serverVariables = z.object({
  NODE_ENV: oneOf(['development', 'production', 'test']).default('development'),
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
  JWT_ALGORITHM: oneOf(signingAlgorithmNames).optional(),
  JWT_KEYS: z.string().optional(),
  JWT_SECRET: secret.optional(),
  ACCESS_TOKEN_TTL: duration('1s', '1d').default(15 * unitMs.m),
  KEY_ROTATION: durationOrOff('2s', '365d').default(null),
  REFRESH_TOKEN_TTL: duration('1s', '365d').default(30 * unitMs.d),
  SESSION_MAX_AGE: duration('1s', '365d').default(90 * unitMs.d),
  REFRESH_REUSE_WINDOW: duration('0s', '60s').default(10 * unitMs.s),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 64).default(15),
  LOGIN_MAX_FAILURES: wholeNumber(1, 100).default(5),
  LOGIN_LOCK: duration('1s', '1d').default(15 * unitMs.m),
  RECENT_SIGN_IN: duration('1s', '1d').default(10 * unitMs.m),
  EVENT_RETENTION: duration('1h', '3650d').default(90 * unitMs.d),
  REVOCATION_CHECK: oneOf(['strict', 'feed']).default('strict'),
  BASIC_AUTH: onOff.default(false),
  INTROSPECTION: oneOf(['full', 'role', 'off']).optional(),
  RATE_LIMIT: rate.default({ points: 1000, windowMs: unitMs.h }),
  RATE_LIMIT_LOGIN: rate.default({ points: 30, windowMs: 5 * unitMs.m }),
  RATE_LIMIT_SIGNUP: rate.default({ points: 20, windowMs: unitMs.h }),
  RATE_LIMIT_REFRESH: rate.default({ points: 150, windowMs: 5 * unitMs.m }),
  TRUSTED_PROXIES: proxyList.default([]),
  SESSION_COOKIES: onOff.default(true),
  CORS_ORIGINS: originList.default([]),
  OAUTH_RETURN_URLS: returnUrlList.default([]),
  ADMIN_EMAIL: z.string().optional(),
  ADMIN_PASSWORD: secret.optional(),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type ServerVariables = z.output<typeof serverVariables>;

/** OpenTelemetry's variables that decide whether there are traces at all. */
export const tracingSwitches = z.object({
  OTEL_SDK_DISABLED: keyword(['true', 'false']).default('false'),
  OTEL_TRACES_EXPORTER: keyword(['otlp', 'none']).optional(),
});

/** OpenTelemetry's variables that are read, and checked, only if there are traces. */
export const tracingDetails = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectorUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headerPairs.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headerPairs.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: keyword(['http/protobuf']).optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: keyword(['http/protobuf']).optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_TRACES_SAMPLER: keyword(samplers).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: ratio.default(1),
});

/** `OAUTH_<NAME>_…`, for each identity provider. */
export const providerVariable = /^OAUTH_([A-Z0-9]+(?:_[A-Z0-9]+)*)_(CLIENT_ID|CLIENT_SECRET|ISSUER)$/;

/** One sentence for each issue. A message never holds the value of a variable. */
export const problemsOf = (error: z.ZodError | undefined): readonly string[] =>
  (error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}.`);
