import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { post } from './load.ts';

export type Launch = {
  readonly name: string;
  /** Node's command line: flags, the file, its arguments. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export type Running = {
  readonly name: string;
  readonly port: number;
  /** From the start of the process to its first answer. */
  readonly firstAnswerMs: number;
  /** CPU time of all threads of the process so far: (utime + stime) of /proc/<pid>/stat. */
  readonly cpuMicros: () => number;
  readonly residentBytes: () => number;
  readonly stop: () => Promise<void>;
};

const microsPerTick = 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const startTimeoutMs = 20_000;
const running = new Set<ChildProcess>();

// No server outlives the harness.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** Starts a server with PORT set to a free port and resolves when it answers. Its stderr is shown. */
export const startServer = async ({ name, args, env = {} }: Launch): Promise<Running> => {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...cleanEnvironment(), NODE_ENV: 'production', LOG_LEVEL: 'warn', ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(child);
      resolve();
    });
  });
  await untilAnswering(child, name, port);
  const firstAnswerMs = performance.now() - startedAt;
  const read = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    name,
    port,
    firstAnswerMs,
    cpuMicros: () => {
      // The second field, the name in parentheses, may hold spaces; the fields after it may not.
      const fields = read('stat').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * microsPerTick;
    },
    residentBytes: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(read('status'))?.[1]) * 1024,
    stop: () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
      return exited.finally(() => clearTimeout(force));
    },
  };
};

/** The caller's environment must not change what is measured. */
const cleanEnvironment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
});

const untilAnswering = async (child: ChildProcess, name: string, port: number): Promise<void> => {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} before it answered.`);
    const answer = await post(port, { query: '{ hello }' }).catch(() => null);
    if (answer !== null) return;
    if (performance.now() > deadline) throw new Error(`${name} did not answer within ${startTimeoutMs / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Below the range of ephemeral ports, so that no other process gets it before the server binds it. */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error('There is no free port between 20000 and 30000.');
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => {
        server.close(() => resolve(true));
      });
  });
