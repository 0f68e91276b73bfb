import { z } from 'zod';
import { Secret } from '../domain/secret.ts';
import { samplers, type TracingSettings } from '../telemetry/tracing/settings.ts';
import { oneOf } from './parsers.ts';

type Variables = Readonly<Record<string, string | undefined>>;

type Parsed = { readonly settings: TracingSettings | null; readonly problems: readonly string[] };

/** OpenTelemetry says that letters of either case do for a word that is one of several. */
const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(oneOf(words));

/** Whether traces are asked for. */
const switches = z.object({
  OTEL_SDK_DISABLED: word(['true', 'false']).default('false'),
  OTEL_TRACES_EXPORTER: word(['otlp', 'none']).optional(),
});

const url = z.string().refine((text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''), {
  error: 'must be an http or https URL such as http://localhost:4318',
});

/** `key=value,key=value`, percent-encoded. */
const pairs = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const parsed = parsePairs(text);
  if (parsed) return parsed;
  context.addIssue('must be a list such as name=value,other=value, percent-encoded');
  return z.NEVER;
});

const areHeaders = (all: Readonly<Record<string, string>>): boolean => {
  try {
    new Headers(all);
    return true;
  } catch {
    return false;
  }
};

const headers = pairs
  .refine(areHeaders, { error: 'holds what cannot be sent as a header' })
  .transform((all) => Object.fromEntries(Object.entries(all).map(([name, value]) => [name, new Secret(value)])));

const protocol = word(['http/protobuf']);

const share = z
  .string()
  .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/, { error: 'must be a number between 0 and 1' })
  .transform(Number);

/** What matters once traces are asked for. */
const details = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol.optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol.optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_TRACES_SAMPLER: word(samplers).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: share.default(1),
});

export const tracingVariables: readonly string[] = [...Object.keys(switches.shape), ...Object.keys(details.shape)];

/**
 * Where traces go by OpenTelemetry's own variables, and every problem with them. Null where they are not asked for, and
 * then the details may say what they like: they are often set for all services of a cluster at once.
 */
export const parseTracing = (env: Variables): Parsed => {
  const asked = switches.safeParse(env);
  if (!asked.success) return { settings: null, problems: problemsOf(asked.error) };
  if (!isAsked(asked.data, env)) return { settings: null, problems: [] };
  const { data, error } = details.safeParse(generalUnlessOwn(env));
  return data ? { settings: toSettings(data), problems: [] } : { settings: null, problems: problemsOf(error) };
};

const isAsked = (
  { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter }: z.output<typeof switches>,
  env: Variables,
): boolean => {
  if (disabled === 'true' || exporter === 'none') return false;
  return (
    exporter === 'otlp' || Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
  );
};

/** What is said of all signals, for instance that metrics go by gRPC, does not matter where traces have a word of their own. */
const generalUnlessOwn = (env: Variables): Variables => ({
  ...env,
  ...(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ? { OTEL_EXPORTER_OTLP_ENDPOINT: undefined } : {}),
  ...(env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ? { OTEL_EXPORTER_OTLP_PROTOCOL: undefined } : {}),
});

const toSettings = (env: z.output<typeof details>): TracingSettings => ({
  url: new Secret(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? withPath(env.OTEL_EXPORTER_OTLP_ENDPOINT)),
  headers: { ...env.OTEL_EXPORTER_OTLP_HEADERS, ...env.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
  resource: {
    'service.name': 'fieldgate',
    ...env.OTEL_RESOURCE_ATTRIBUTES,
    ...(env.OTEL_SERVICE_NAME ? { 'service.name': env.OTEL_SERVICE_NAME } : {}),
  },
  sampler: { kind: env.OTEL_TRACES_SAMPLER, ratio: env.OTEL_TRACES_SAMPLER_ARG },
});

/** The endpoint of all signals has a path for each beneath it. */
const withPath = (base = 'http://localhost:4318'): string => {
  const endpoint = new URL(base);
  endpoint.pathname = `${endpoint.pathname.replace(/\/$/, '')}/v1/traces`;
  return endpoint.href;
};

const parsePairs = (text: string): Readonly<Record<string, string>> | null => {
  const members = text.split(',').filter((member) => member.trim() !== '');
  if (!members.every((member) => /^[^=]*[^=\s][^=]*=/.test(member))) return null;
  try {
    return Object.fromEntries(members.map(decodePair));
  } catch {
    return null;
  }
};

const decodePair = (member: string): readonly [string, string] => {
  const at = member.indexOf('=');
  return [decodeURIComponent(member.slice(0, at).trim()), decodeURIComponent(member.slice(at + 1).trim())];
};

const problemsOf = ({ issues }: z.ZodError): readonly string[] =>
  issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`);
