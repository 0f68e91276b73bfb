import type { z } from 'zod';
import { Secret } from '../domain/secret.ts';
import type { TracingSettings } from '../domain/settings/tracing.ts';
import { tracingDetails, tracingSwitches } from './tracing-variables.ts';
import { problemsOf, type Variables } from './variables.ts';

type Parsed = { readonly settings: TracingSettings | null; readonly problems: readonly string[] };

/**
 * Returns where traces go by OpenTelemetry's own variables, and every problem with them. Null without tracing; the details
 * are not checked then, because a cluster often sets them for all its services at once.
 */
export const parseTracing = (env: Variables): Parsed => {
  const switches = tracingSwitches.safeParse(env);
  if (!switches.success) return { settings: null, problems: problemsOf(switches.error) };
  if (!isEnabled(switches.data, env)) return { settings: null, problems: [] };
  const { data, error } = tracingDetails.safeParse(withoutOverridden(env));
  return { settings: data ? toSettings(data) : null, problems: problemsOf(error) };
};

const isEnabled = (
  { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter }: z.output<typeof tracingSwitches>,
  env: Variables,
): boolean => {
  if (disabled === 'true' || exporter === 'none') return false;
  return (
    exporter === 'otlp' || Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
  );
};

/** A general variable may hold what suits metrics only, such as gRPC, where one for traces overrides it. */
const withoutOverridden = (env: Variables): Variables => ({
  ...env,
  ...(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ? { OTEL_EXPORTER_OTLP_ENDPOINT: undefined } : {}),
  ...(env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ? { OTEL_EXPORTER_OTLP_PROTOCOL: undefined } : {}),
});

const toSettings = (env: z.output<typeof tracingDetails>): TracingSettings => ({
  url: new Secret(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? withPath(env.OTEL_EXPORTER_OTLP_ENDPOINT)),
  headers: { ...env.OTEL_EXPORTER_OTLP_HEADERS, ...env.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
  resource: {
    'service.name': 'fieldgate',
    ...env.OTEL_RESOURCE_ATTRIBUTES,
    ...(env.OTEL_SERVICE_NAME ? { 'service.name': env.OTEL_SERVICE_NAME } : {}),
  },
  sampler: { kind: env.OTEL_TRACES_SAMPLER, ratio: env.OTEL_TRACES_SAMPLER_ARG },
});

/** The general endpoint has a path below it for each signal (OTLP exporter specification). */
const withPath = (base = 'http://localhost:4318'): string => {
  const endpoint = new URL(base);
  endpoint.pathname = `${endpoint.pathname.replace(/\/$/, '')}/v1/traces`;
  return endpoint.href;
};
