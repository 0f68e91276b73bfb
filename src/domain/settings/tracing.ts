import type { Secret } from '../secret.ts';

/** Where spans are sent, and which of them. */
export type TracingSettings = {
  /** The collector's URL with the path for traces. May hold a user and a password. */
  readonly url: Secret;
  /** Headers for the collector, often with an API key. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** Resource attributes of this process, sent with every span; at least `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerSettings;
};

export type SamplerSettings = {
  readonly kind: (typeof samplers)[number];
  /** The share of traces that are kept, for the samplers that use one. */
  readonly ratio: number;
};

/** The values of `OTEL_TRACES_SAMPLER`. */
export const samplers = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
] as const;
