import type { Options } from './options.ts';
import type { Ours } from './ours.ts';

/** What every scenario works with. */
export type Bench = {
  readonly options: Options;
  readonly ours: Ours;
  /** Null where there is no Redis: rows that need one are left out. */
  readonly redisUrl: string | null;
  /** Gone when the run is over. */
  readonly directory: string;
};

export type Cell = string | number | readonly number[] | null;

/** A figure that is to be reached; `value` is null where the run could not tell. */
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
