import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Clock } from '../../src/domain/clock.ts';

const entry = new URL('../../dist/cli.js', import.meta.url).pathname;

export type CommandResult = { readonly code: number | null; readonly out: string; readonly err: string };

type CommandOptions = {
  readonly env: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly input?: string;
  readonly clock?: Clock;
  /** The working directory; by default one without a configuration file. */
  readonly folder?: string;
};

/** Runs one command line in this process, without a terminal and with nothing of this process's environment. */
export const runInProcess = async (
  args: readonly string[],
  { env, input = '', clock = Date.now, folder = tmpdir() }: CommandOptions,
): Promise<CommandResult> => {
  const written = { out: '', err: '' };
  const code = await runCommandLine(args, {
    environment: () => env,
    clock,
    folder,
    stdin: Readable.from([input]),
    stdout: { write: (chunk) => (written.out += chunk) },
    stderr: { write: (chunk) => (written.err += chunk) },
  });
  return { code, ...written };
};

/** `runInProcess` for a command that reads nothing. */
export const runCommand = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<CommandResult> =>
  runInProcess(args, { env });

/** Starts the built command line as its users do, with nothing of this process's environment but the path. */
export const spawnCommand = (args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [entry, ...args], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
  child.stdin.end();
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const result = async (): Promise<CommandResult> => {
    const [code, out, err] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
    return { code, out, err };
  };
  return { child, exit, result };
};
