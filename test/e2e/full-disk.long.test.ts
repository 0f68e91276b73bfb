import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  freePort,
  type ServerProcess,
  send,
  spawnServer,
  temporaryFolder,
  unlimited,
  whenListening,
} from '../support/process.ts';

const entry = new URL('../../dist/main.js', import.meta.url).pathname;
const password = 'a quiet lamp over nine stairs';
const signup = `mutation ($email: String!) { signup(input: { email: $email, password: "${password}" }) { accessToken } }`;
const login =
  'mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) { accessToken } }';

/**
 * A server for which the disk is full once a file has 64 KiB: the write-ahead log then takes no commit any more. Other files of the
 * database are as large already. (Node ignores SIGXFSZ, so that the write fails as on a full disk, with EFBIG for ENOSPC.)
 */
const spawnOnFullDisk = (env: Record<string, string>): ServerProcess => {
  const child = spawn('bash', ['-c', 'ulimit -f 64; exec "$0" "$1"', process.execPath, entry], {
    cwd: env['DATA_DIR'],
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'fatal', ...unlimited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { url: `http://127.0.0.1:${env['PORT']}`, child, output: () => '', exit };
};

describe('an embedded database on a full disk', () => {
  const codeOf = async (url: string, variables: object): Promise<string> => {
    const answer = await send(url, login, variables);
    return answer?.data?.login ? 'done' : (answer?.errors?.[0].extensions.code ?? 'nothing');
  };

  it('P14 looks at no password that it could not count first', { timeout: 60_000 }, async () => {
    const env = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()) };
    const email = 'ada@example.com';
    const before = spawnServer(env);
    await whenListening(before);
    expect((await send(before.url, signup, { email })).data.signup).toBeTruthy();
    before.child.kill('SIGTERM');
    await before.exit;

    const full = spawnOnFullDisk(env);
    await whenListening(full);
    const codes: string[] = [];
    for (let guess = 0; guess < 40; guess += 1) {
      codes.push(await codeOf(full.url, { email, password: `a wrong guess ${guess}` }));
    }
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS').length).toBeLessThanOrEqual(5);
    expect(codes.at(-1)).toBe('SERVICE_UNAVAILABLE');
    expect(await codeOf(full.url, { email, password })).toBe('SERVICE_UNAVAILABLE');
    full.child.kill('SIGKILL');
    await full.exit;

    // What was counted is there, and nothing else: the account is as it was.
    const after = spawnServer(env);
    await whenListening(after);
    expect(['done', 'ACCOUNT_LOCKED', 'SERVICE_UNAVAILABLE']).toContain(await codeOf(after.url, { email, password }));
  });
});
