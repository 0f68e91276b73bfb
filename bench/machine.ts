import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';

const packages = ['graphql', 'graphql-yoga', 'mercurius', 'fastify', '@apollo/server', 'graphql-shield', 'ioredis'];

const versionIn = (directory: string, name: string): string => {
  const text = readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8');
  const { version }: { readonly version: string } = JSON.parse(text);
  return version;
};

/** What every figure depends on. */
export const describeMachine = (oursRoot: string) => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.versions.node,
  commit: describeCommit(oursRoot),
  ours: Object.fromEntries(['graphql', 'graphql-yoga'].map((name) => [name, versionIn(oursRoot, name)])),
  peers: Object.fromEntries(packages.map((name) => [name, versionIn(import.meta.dirname, name)])),
});

export const describeCommit = (root: string): string => {
  try {
    return execFileSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

/** The load average of the last minute. The harness makes about 2 of it; what is above came from other work. */
export const currentLoad = (): number => Number((loadavg()[0] ?? Number.NaN).toFixed(1));
