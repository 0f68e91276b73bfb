/** OpenTelemetry's own variables, as far as the server reads them. */
import { z } from 'zod';
import { samplers } from '../domain/settings/tracing.ts';
import { about } from './parsers.ts';
import { collectorUrl, headerPairs, keyword, pairs, ratio } from './tracing-parsers.ts';

/** OpenTelemetry's variables that decide whether there are traces at all. */
export const tracingSwitches = z.object({
  OTEL_SDK_DISABLED: keyword(['true', 'false']).prefault('false').meta(about('true', '`true` turns traces off')),
  OTEL_TRACES_EXPORTER: keyword(['otlp', 'none'])
    .optional()
    .meta(about('otlp', '`otlp` turns traces on, `none` off. If unset: on if an endpoint is set')),
});

/** OpenTelemetry's variables that are read, and checked, only if there are traces. */
export const tracingDetails = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl
    .optional()
    .meta(
      about(
        'http://localhost:4318',
        'sends [traces](deployment.md#traces) to this OpenTelemetry collector. If no endpoint is set: no traces, and OpenTelemetry is not loaded',
      ),
    ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectorUrl
    .optional()
    .meta(about('http://localhost:4318/v1/traces', 'the same for traces alone, with the whole path')),
  OTEL_EXPORTER_OTLP_HEADERS: headerPairs
    .optional()
    .meta(about('authorization=Bearer%20key', 'headers for the collector, `name=value,other=value`, percent-encoded')),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headerPairs.optional().meta(about('x-api-key=key', 'the same for traces alone')),
  OTEL_EXPORTER_OTLP_PROTOCOL: keyword(['http/protobuf'])
    .optional()
    .meta(about('http/protobuf', 'the only protocol there is')),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: keyword(['http/protobuf'])
    .optional()
    .meta(about('http/protobuf', 'the same for traces alone')),
  OTEL_SERVICE_NAME: z
    .string()
    .optional()
    .meta(about('accounts', 'name of the server in traces. Default: `fieldgate`')),
  OTEL_RESOURCE_ATTRIBUTES: pairs
    .optional()
    .meta(about('deployment.environment.name=staging', 'attributes of the server in traces')),
  OTEL_TRACES_SAMPLER: keyword(samplers)
    .prefault('parentbased_always_on')
    .meta(about('parentbased_traceidratio', 'which traces are kept')),
  OTEL_TRACES_SAMPLER_ARG: ratio.prefault('1').meta(about('0.1', 'the share of traces that the ratio samplers keep')),
});
