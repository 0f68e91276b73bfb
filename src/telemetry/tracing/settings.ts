import type { Secret } from '../../domain/secret.ts';

/** Where spans go, and which. */
export type TracingSettings = {
  /** Of the collector, with the path for traces. May hold a user and a password. */
  readonly url: Secret;
  /** What a collector wants to see, which is often a key. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** What is said of this process with every span; at least `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerSettings;
};

export type SamplerSettings = {
  readonly kind: (typeof samplers)[number];
  /** The share of traces that are kept, for the kinds that go by one. */
  readonly ratio: number;
};

/** As `OTEL_TRACES_SAMPLER` calls them. */
export const samplers = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
] as const;
