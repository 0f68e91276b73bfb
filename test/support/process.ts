import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Built by `test/support/global-setup.ts` before the tests run: the server as its users start it. */
const entry = new URL('../../dist/main.js', import.meta.url).pathname;

/** A password that the server accepts. */
export const goodPassword = 'a quiet lamp over nine stairs';

/** For tests that send many requests and do not test the limits. */
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

/** A free port below those that the system gives to clients and to `listen(0)`, so that nothing else takes it meanwhile. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
};

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

export type ServerProcess = {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

/** The user that a process runs as, where a test chooses one. */
type ProcessUser = { readonly uid?: number; readonly gid?: number };

/** `startProcess`, killed at the end of the test. */
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

/** `spawnServer` on a free port and in a new folder. Resolves when the server answers. */
export const startServerProcess = async (env: Record<string, string> = {}): Promise<ServerProcess> => {
  const server = spawnServer({ DATA_DIR: temporaryFolder(), PORT: String(await freePort()), ...env });
  await whenListening(server);
  return server;
};

/** Away from the repository and its `.env`. */
const folderOf = ({ DATA_DIR = tmpdir() }: Record<string, string>): string =>
  statSync(DATA_DIR, { throwIfNoEntry: false })?.isDirectory() ? DATA_DIR : tmpdir();

/** Starts the server as its users do, in a new process that inherits only PATH. */
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

/** The lines of its log, parsed. */
export const logLinesOf = (server: ServerProcess): readonly Record<string, unknown>[] =>
  server
    .output()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

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

/** Sends one GraphQL operation. Resolves with null if the connection breaks, as it does when the process is killed. */
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

const tokens = '{ accessToken refreshToken user { id email } session { id } }';
const account = `email: $email, password: "${goodPassword}"`;

/** With `{ email }`. */
export const signupMutation = `mutation ($email: String!) { signup(input: { ${account} }) ${tokens} }`;
/** With `{ email }`. */
export const loginMutation = `mutation ($email: String!) { login(input: { ${account} }) ${tokens} }`;
/** With `{ refreshToken }`, or all tokens of a sign-in. */
export const refreshMutation = `mutation ($refreshToken: String!) { refresh(input: { refreshToken: $refreshToken }) ${tokens} }`;
/** A guarded query. */
export const meQuery = '{ me { id email } }';

/** What the three mutations return. */
export type Tokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly email: string };
  readonly session: { readonly id: string };
};
