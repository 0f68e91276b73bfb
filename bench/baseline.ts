import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from './bench.ts';

const run = promisify(execFile);

type Settings = Readonly<Record<string, string>>;

/** What the machine does by itself: steps per second of a program under baselines/, in a process of its own. */
export const baselineRate = async (bench: Bench, name: string, directory: string, settings: Settings = {}) =>
  Number(await baselineOutput(bench, name, { DIRECTORY: directory, ...settings }));

/** What a program under baselines/ prints. */
export const baselineOutput = async (bench: Bench, name: string, settings: Settings): Promise<string> => {
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
