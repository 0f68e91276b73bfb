import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from './bench.ts';

const run = promisify(execFile);

/** What the machine does by itself: steps per second of a program under baselines/, in a process of its own. */
export const baselineRate = async (
  bench: Bench,
  name: string,
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<number> => {
  const { ours, redisUrl, options } = bench;
  const env = {
    PATH: process.env['PATH'] ?? '',
    OURS: ours.root,
    DIRECTORY: directory,
    SECONDS: String(options.seconds),
    ...(redisUrl && { REDIS_URL: redisUrl }),
    ...settings,
  };
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'baselines', `${name}.ts`)], { env });
  return Number(stdout);
};
