import type { Options } from './options.ts';
import type { Ours } from './ours.ts';

/** What every scenario is given. */
export type Bench = {
  readonly options: Options;
  readonly ours: Ours;
  /** Null where there is no Redis: rows that need one are skipped. */
  readonly redisUrl: string | null;
  /** Deleted at the end of the run. */
  readonly directory: string;
};

export type Cell = string | number | readonly number[] | null;

/** A figure to reach; `value` is null where the run did not measure it. */
export type Target = {
  readonly text: string;
  readonly value: number | null;
  readonly limit: number;
  readonly bound: 'at most' | 'at least';
  readonly unit: string;
};

export type ScenarioResult = {
  readonly title: string;
  readonly columns: readonly { readonly key: string; readonly title: string; readonly digits?: number }[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly targets: readonly Target[];
  /** Rows that were not measured, and why. */
  readonly leftOut: readonly string[];
};

export type Scenario = (bench: Bench) => Promise<ScenarioResult>;
