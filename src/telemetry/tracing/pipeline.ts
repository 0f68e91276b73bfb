import type { Tracer } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { SamplerSettings, TracingSettings } from '../../domain/settings/tracing.ts';

const flushTimeoutMs = 3_000;

/** Called when a batch of spans is lost, with the reason: a word or two that hold nothing of a request and no header. */
export type OnLost = (reason: string) => void;

export type Pipeline = {
  readonly tracer: Tracer;
  /** Sends what is buffered, for at most three seconds. Never rejects. */
  readonly close: () => Promise<void>;
};

/**
 * Sends ended spans to the collector, in batches and in the background. The buffer is bounded (2048 spans), so a collector
 * that does not answer costs spans, never memory. Nothing global is set: an application that mounts this server keeps its own
 * tracing.
 */
export const openPipeline = (settings: TracingSettings, onLost: OnLost): Pipeline => {
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(settings.resource)),
    sampler: createSampler(settings.sampler),
    spanProcessors: [new BatchSpanProcessor({ exporter: createExporter(settings, onLost) })],
  });
  const close = async (): Promise<void> => {
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      onLost('no answer while stopping');
      timeout.resolve();
    }, flushTimeoutMs);
    // A failure of the last batch has been reported by the exporter.
    await Promise.race([provider.shutdown().catch(() => {}), timeout.promise]);
    clearTimeout(timer);
  };
  return { tracer: provider.getTracer('fieldgate'), close };
};

/** The exporter itself reads certificates, compression and timeouts from the environment. */
const createExporter = ({ url, headers }: TracingSettings, onLost: OnLost): SpanExporter => {
  const exporter = new OTLPTraceExporter({
    url: url.reveal(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])),
  });
  const reportLoss = (done: (result: ExportResult) => void) => (result: ExportResult) => {
    if (result.code !== ExportResultCode.SUCCESS) onLost(reasonOf(result.error));
    done(result);
  };
  return {
    export: (spans, done) => exporter.export(spans, reportLoss(done)),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
};

/** Only a status or an error code: the message may be the collector's, and repeat what was sent to it. */
const reasonOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
  if (typeof code === 'number') return `HTTP status ${code}`;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : 'no answer';
};

const createSampler = ({ kind, ratio }: SamplerSettings): Sampler => {
  switch (kind) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
};
