import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  freePort,
  type ServerProcess,
  send,
  spawnServer,
  startProcess,
  startServerProcess,
  temporaryFolder,
  whenListening,
} from '../support/process.ts';
import { startServer } from '../support/server.ts';

const password = 'a quiet lamp over nine stairs';
const signup =
  'mutation ($email: String!) { signup(input: { email: $email, password: "a quiet lamp over nine stairs" }) { accessToken refreshToken } }';

describe('a server that has just started', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  let server: ServerProcess;
  beforeAll(async () => {
    server = startProcess({ DATA_DIR: folder, PORT: String(await freePort()) });
    await whenListening(server);
  });
  afterAll(async () => {
    server.child.kill('SIGKILL');
    await server.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  it('says where it listens and how to create an administrator', () => {
    expect(server.output()).toMatch(/http:\/\/localhost:\d+\/graphql/);
    expect(server.output()).toContain('fieldgate user create --role ADMIN');
  });

  it('keeps the generated signing key and the database readable for their owner only', () => {
    for (const file of ['signing-keys.json', 'fieldgate.sqlite', 'fieldgate.sqlite-wal']) {
      expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  it.runIf(process.platform === 'linux')('uses less than 150 MB of memory', async () => {
    await send(server.url, '{ hello }');
    const rssKiB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]);
    expect(rssKiB).toBeLessThan(150 * 1024);
  });

  it.runIf(process.platform === 'linux')('runs the threads that hash passwords at a lower priority', async () => {
    const threads = `/proc/${server.child.pid}/task`;
    const niceness = () =>
      readdirSync(threads).map((thread) => {
        // proc_pid_stat(5): the name is in brackets, and the 17th field after it is the nice value.
        const [, name, fields = ''] = /\((.*)\) (.*)/.exec(readFileSync(`${threads}/${thread}/stat`, 'utf8')) ?? [];
        return `${name}: ${fields.split(' ')[16]}`;
      });
    const workers = () => new Set(niceness().filter((thread) => thread.startsWith('libuv-worker:')));
    // One thread after the other is lowered.
    await expect.poll(workers).toEqual(new Set(['libuv-worker: 10']));
    expect(niceness()).toContain('MainThread: 0');
  });
});

describe('starting', () => {
  it('runs nothing from a folder for temporary files, and leaves nothing there', async () => {
    const folder = temporaryFolder();
    const server = await startServerProcess({ TMPDIR: folder });
    server.child.kill('SIGTERM');
    await server.exit;
    expect(readdirSync(folder)).toEqual([]);
  });

  const refusals: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
    [
      'F33: every problem at once',
      { PORT: 'x', ACCESS_TOKEN_TTL: 'soon', NODE_ENV: 'prod', LOG_LEVEL: 'loud' },
      ['PORT', 'ACCESS_TOKEN_TTL', 'NODE_ENV', 'LOG_LEVEL'],
    ],
    ['T06: a short secret', { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'hunter2hunter2' }, ['JWT_SECRET']],
    ['a key in place of its file', { JWT_KEYS: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ' }, ['JWT_KEYS']],
    ['production without keys', { NODE_ENV: 'production' }, ['JWT_KEYS']],
    [
      'T06: a placeholder secret',
      { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'your-256-bit-secret-your-256-bit-secret' },
      ['JWT_SECRET'],
    ],
    [
      'T06: a secret too short for HS512',
      { JWT_ALGORITHM: 'HS512', JWT_SECRET: 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA' },
      ['JWT_SECRET'],
    ],
    ['a secret for an algorithm that uses none', { JWT_SECRET: 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA' }, ['JWT_SECRET']],
    [
      'a rotation of a shared secret',
      { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA', KEY_ROTATION: '30d' },
      ['KEY_ROTATION'],
    ],
    ['a rotation much faster than tokens expire', { KEY_ROTATION: '80s' }, ['KEY_ROTATION']],
    ['a rotation that is not a duration', { KEY_ROTATION: 'monthly' }, ['KEY_ROTATION']],
    ['half an administrator', { ADMIN_EMAIL: 'root@example.com' }, ['ADMIN_PASSWORD']],
  ];
  const valuesOf = (env: Record<string, string>) =>
    Object.values(env).flatMap((value) => (value.length > 12 ? [value.slice(0, 12)] : []));

  it.each(refusals)('is refused with %s: names the setting and never its value', async (_what, env, names) => {
    const error: unknown = await startServer(env).catch((reason: unknown) => reason);
    const message = error instanceof Error ? error.message : '';
    for (const name of names) expect(message).toContain(name);
    for (const value of valuesOf(env)) expect(message).not.toContain(value);
  });

  it.each(refusals.slice(0, 3))('exits with 1 and that message: %s', async (_what, env, names) => {
    const server = spawnServer({ DATA_DIR: temporaryFolder(), PORT: String(await freePort()), ...env });
    expect((await server.exit).code).toBe(1);
    for (const name of names) expect(server.output()).toContain(name);
    for (const value of valuesOf(env)) expect(server.output()).not.toContain(value);
  });

  it('exits with 1 and says so when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const server = spawnServer({ DATA_DIR: temporaryFolder(), PORT: String(port) });
    expect((await server.exit).code).toBe(1);
    expect(server.output()).toContain('in use');
  });
});

describe('stopping', () => {
  it('F18: lets requests in flight finish on SIGTERM, and ends with 0', async () => {
    const server = await startServerProcess();
    const inFlight = Array.from({ length: 5 }, (_, i) =>
      send(server.url, signup, { email: `inflight${i}@example.com` }),
    );
    await Promise.race(inFlight); // All five came at once and hashing takes its time: the others are under way.
    server.child.kill('SIGTERM');
    const answers = await Promise.all(inFlight);
    expect(answers.map((answer) => typeof answer?.data?.signup?.accessToken)).toEqual(Array(5).fill('string'));
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });

  it('F18: a second signal ends it at once', async () => {
    const server = await startServerProcess();
    const half = connect(Number(new URL(server.url).port), '127.0.0.1');
    half.write('POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    half.on('error', () => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.child.kill('SIGINT');
    expect((await server.exit).code).toBe(1);
  });
});

describe('restarting', () => {
  it('finds sessions, revocations and keys as they were', async () => {
    const env = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()) };
    const first = spawnServer(env);
    await whenListening(first);
    const [kept, ended] = await Promise.all(
      ['kept@example.com', 'ended@example.com'].map((email) => send(first.url, signup, { email })),
    );
    await send(first.url, 'mutation { logout { endedSessions } }', {}, ended.data.signup.accessToken);
    first.child.kill('SIGTERM');
    await first.exit;

    const second = spawnServer(env);
    await whenListening(second);
    const me = (token: string) => send(second.url, '{ me { email } }', {}, token);
    expect((await me(kept.data.signup.accessToken)).data.me.email).toBe('kept@example.com');
    expect((await me(ended.data.signup.accessToken)).errors[0].extensions.reason).toBe('TOKEN_REVOKED');
    const refresh =
      'mutation ($refreshToken: String!) { refresh(input: { refreshToken: $refreshToken }) { accessToken } }';
    expect((await send(second.url, refresh, kept.data.signup)).data.refresh.accessToken).toEqual(expect.any(String));
    expect((await send(second.url, refresh, ended.data.signup)).errors[0].extensions.code).toBe(
      'REFRESH_TOKEN_INVALID',
    );
  });
});

describe('the log', () => {
  it('L03: is JSON lines that hold a request id and no password or token', async () => {
    const server = await startServerProcess();
    const answer = await send(server.url, signup, { email: 'log@example.com' });
    await send(server.url, '{ me { id } }', {}, answer.data.signup.accessToken);
    await send(server.url, '{ me { id } }', {}, `${answer.data.signup.accessToken}x`);
    server.child.kill('SIGTERM');
    await server.exit;
    const lines = server
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter((line) => line.msg === 'request' && line.requestId).length).toBeGreaterThanOrEqual(3);
    for (const secret of [password, answer.data.signup.accessToken, answer.data.signup.refreshToken]) {
      expect(server.output()).not.toContain(secret);
      expect(server.output()).not.toContain(secret.slice(-20));
    }
  });
});
