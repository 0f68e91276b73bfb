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
import type { SamplerSettings, TracingSettings } from './settings.ts';

/** What a stop waits for a collector. */
const flushTimeoutMs = 3_000;

/** Told, in a word or two that hold nothing of a request and no header, why a batch of spans was lost. */
export type OnLost = (reason: string) => void;

export type Pipeline = {
  readonly tracer: Tracer;
  /** Sends what waits, for three seconds at most. Never rejects. */
  readonly close: () => Promise<void>;
};

/**
 * From ended spans to the collector, in batches and in the background. What waits is bounded (2048 spans), and so is what a
 * collector that does not answer costs: spans are dropped. Nothing global is set, so that an application that this server
 * is mounted in keeps its own tracing.
 */
export const openPipeline = (settings: TracingSettings, onLost: OnLost): Pipeline => {
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(settings.resource)),
    sampler: samplerOf(settings.sampler),
    spanProcessors: [new BatchSpanProcessor({ exporter: exporterOf(settings, onLost) })],
  });
  const close = async (): Promise<void> => {
    const impatience = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      onLost('no answer while stopping');
      impatience.resolve();
    }, flushTimeoutMs);
    // Whatever the collector has against the last batch has been told by then.
    await Promise.race([provider.shutdown().catch(() => {}), impatience.promise]);
    clearTimeout(timer);
  };
  return { tracer: provider.getTracer('fieldgate'), close };
};

/** Certificates, compression and time-outs the exporter reads from the environment by itself. */
const exporterOf = ({ url, headers }: TracingSettings, onLost: OnLost): SpanExporter => {
  const exporter = new OTLPTraceExporter({
    url: url.reveal(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])),
  });
  const watched = (tell: (result: ExportResult) => void) => (result: ExportResult) => {
    if (result.code !== ExportResultCode.SUCCESS) onLost(reasonOf(result.error));
    tell(result);
  };
  return {
    export: (spans, tell) => exporter.export(spans, watched(tell)),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
};

/** Only what the error is called: the text around it may be the collector's own, with what was sent to it. */
const reasonOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
  if (typeof code === 'number') return `HTTP status ${code}`;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : 'no answer';
};

const samplerOf = ({ kind, ratio }: SamplerSettings): Sampler => {
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
