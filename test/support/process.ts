import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Built by `test/support/build.ts` before the tests run: the server as its users start it. */
const entry = new URL('../../dist/main.js', import.meta.url).pathname;

/** For tests that ask often, and not to see what happens then. */
export const unlimited = {
  RATE_LIMIT: 'off',
  RATE_LIMIT_LOGIN: 'off',
  RATE_LIMIT_SIGNUP: 'off',
  RATE_LIMIT_REFRESH: 'off',
};

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export type ServerProcess = {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

/** Whose process it is, where the test may choose. */
type ProcessUser = { readonly uid?: number; readonly gid?: number };

/** `startProcess`, ended when the test that asked for it is over. */
export const spawnServer = (
  env: Record<string, string>,
  user: ProcessUser = {},
  node = process.execPath,
): ServerProcess => {
  const server = startProcess(env, user, node);
  onTestFinished(() => {
    server.child.kill('SIGKILL');
  });
  return server;
};

/** Away from the repository and its `.env`. */
const folderOf = ({ DATA_DIR = tmpdir() }: Record<string, string>): string =>
  statSync(DATA_DIR, { throwIfNoEntry: false })?.isDirectory() ? DATA_DIR : tmpdir();

/** Starts the server as its users do, in a process of its own with nothing of this one's environment but the path. */
export const startProcess = (
  env: Record<string, string>,
  user: ProcessUser = {},
  node = process.execPath,
): ServerProcess => {
  const child = spawn(node, [entry], {
    ...user,
    cwd: folderOf(env),
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'info', ...unlimited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  child.stdout?.on('data', (chunk) => chunks.push(String(chunk)));
  child.stderr?.on('data', (chunk) => chunks.push(String(chunk)));
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { url: `http://127.0.0.1:${env['PORT']}`, child, output: () => chunks.join(''), exit };
};

/** Resolves when the server answers; rejects with its output if it ends before. */
export const whenListening = async (server: ServerProcess): Promise<void> => {
  const startedAt = performance.now();
  let ended: unknown = null;
  void server.exit.then((how) => {
    ended = how;
  });
  while (ended === null && performance.now() - startedAt < 20_000) {
    const answer = await fetch(`${server.url}/health`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const how = ended === null ? 'after 20 s' : `it ended: ${JSON.stringify(ended)}`;
  throw new Error(`the server does not listen, ${how}:\n${server.output()}`);
};

/** Sends one GraphQL operation; null where no answer came (the process was killed meanwhile). */
export const send = async (url: string, query: string, variables: object = {}, token?: string) => {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    return JSON.parse(await response.text());
  } catch {
    return null;
  }
};
