import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Costs } from './baselines/turns.ts';
import type { Bench } from './bench.ts';
import type { GuardUse } from './own-yoga.ts';

const run = promisify(execFile);

type Settings = Readonly<Record<string, string>>;

/** Runs a program of baselines/ in a process of its own; resolves to the steps per second that it prints. */
export const baselineRate = async (bench: Bench, name: string, directory: string, settings: Settings = {}) =>
  Number(await baselineOutput(bench, name, { DIRECTORY: directory, ...settings }));

/** An embedder's Yoga server to measure, with the guard of a checkout. */
export type GuardCase = {
  readonly name: string;
  readonly root: string;
  readonly operation: 'list' | 'public';
  readonly use: GuardUse;
};

/** A handler of a checkout to measure. */
export type FetchCase = {
  readonly name: string;
  readonly root: string;
  /** Cases with the same one share a server. */
  readonly instance: string;
  readonly way: 'fetch' | 'listener';
  /** In its place one that reads the body and gives the same answer. */
  readonly isEmpty: boolean;
  readonly operation: 'me' | 'public' | 'get' | 'invalid';
};

/** Runs a program of baselines/ that measures these cases in turns; resolves to the CPU µs per request of each turn. */
export const baselineCosts = async (
  bench: Bench,
  { program, cases, seconds }: CasesOf<'guards', GuardCase> | CasesOf<'fetch', FetchCase>,
): Promise<readonly Costs[]> =>
  JSON.parse(await baselineOutput(bench, program, { CASES: JSON.stringify(cases), SECONDS: String(seconds) }));

type CasesOf<Program, Case> = {
  readonly program: Program;
  readonly cases: readonly Case[];
  readonly seconds: number;
};

const baselineOutput = async (bench: Bench, name: string, settings: Settings): Promise<string> => {
  const { ours, redisUrl, options } = bench;
  const env = {
    PATH: process.env['PATH'] ?? '',
    OURS: ours.root,
    SECONDS: String(options.seconds),
    ...(redisUrl && { REDIS_URL: redisUrl }),
    ...settings,
  };
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'baselines', `${name}.ts`)], { env });
  return stdout;
};
