import { execFile } from 'node:child_process';

const entry = new URL('../../dist/cli.js', import.meta.url).pathname;

export type CommandResult = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one command as a process of its own, with nothing of this one's environment but the path. */
export const runCommand = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<CommandResult> =>
  new Promise((resolve) => {
    const surroundings = { env: { PATH: process.env['PATH'] ?? '', ...env } };
    execFile(process.execPath, [entry, ...args], surroundings, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
