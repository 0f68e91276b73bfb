import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';

const password = 'a quiet lamp over nine stairs';
const signup =
  'mutation ($email: String!) { signup(input: { email: $email, password: "a quiet lamp over nine stairs" }) { accessToken refreshToken } }';

const start = async (env: Record<string, string> = {}) => {
  const server = spawnServer({ DATA_DIR: temporaryFolder(), PORT: String(await freePort()), ...env });
  await whenListening(server);
  return server;
};

describe('starting', () => {
  it('says where it listens and how to make an administrator', async () => {
    const server = await start();
    expect(server.output()).toMatch(/http:\/\/localhost:\d+\/graphql/);
    expect(server.output()).toContain('fieldgate user create --role ADMIN');
  });

  it('keeps the generated signing key and the database readable for their owner only', async () => {
    const folder = temporaryFolder();
    await start({ DATA_DIR: folder });
    for (const file of ['signing-keys.json', 'fieldgate.sqlite', 'fieldgate.sqlite-wal']) {
      expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  it('takes nothing that it runs from a folder for temporary files, and leaves nothing there', async () => {
    const folder = temporaryFolder();
    const server = await start({ TMPDIR: folder });
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
    ['production without keys', { NODE_ENV: 'production' }, ['JWT_KEYS']],
    ['T06: a short secret', { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'hunter2hunter2' }, ['JWT_SECRET']],
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
    ['a secret for an algorithm that takes none', { JWT_SECRET: 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA' }, ['JWT_SECRET']],
    [
      'a rotation of a shared secret',
      { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA', KEY_ROTATION: '30d' },
      ['KEY_ROTATION'],
    ],
    ['a rotation faster than tokens end', { KEY_ROTATION: '80s' }, ['KEY_ROTATION']],
    ['a rotation that is none', { KEY_ROTATION: 'monthly' }, ['KEY_ROTATION']],
    ['a key file that is not there', { JWT_KEYS: '/noClient/keys.json' }, ['JWT_KEYS']],
    ['half an administrator', { ADMIN_EMAIL: 'root@example.com' }, ['ADMIN_PASSWORD']],
  ];
  it.each(refusals)('refuses %s with exit code 1, names the setting and never its value', async (_what, env, names) => {
    const server = spawnServer({ DATA_DIR: temporaryFolder(), PORT: String(await freePort()), ...env });
    expect((await server.exit).code).toBe(1);
    for (const name of names) expect(server.output()).toContain(name);
    for (const value of Object.values(env).filter((value) => value.length > 12))
      expect(server.output()).not.toContain(value.slice(0, 12));
  });

  it('says so when its port is taken', async () => {
    const server = await start();
    const second = spawnServer({ DATA_DIR: temporaryFolder(), PORT: new URL(server.url).port });
    expect((await second.exit).code).toBe(1);
    expect(second.output()).toContain('in use');
  });
});

describe('stopping', () => {
  it('F18: lets requests in flight finish on SIGTERM, and ends with 0', async () => {
    const server = await start();
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
    const server = await start();
    const { connect } = await import('node:net');
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
    const server = await start();
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

describe.runIf(process.platform === 'linux')('the threads that hash passwords', () => {
  it('stand behind the event loop', async () => {
    const server = await start();
    const threads = `/proc/${server.child.pid}/task`;
    const niceness = () =>
      readdirSync(threads).map((thread) => {
        // proc_pid_stat(5): the name is in brackets, and the 17th field after it is how nice the thread is.
        const [, name, fields = ''] = /\((.*)\) (.*)/.exec(readFileSync(`${threads}/${thread}/stat`, 'utf8')) ?? [];
        return `${name}: ${fields.split(' ')[16]}`;
      });
    await expect.poll(niceness).toContain('libuv-worker: 10');
    expect(niceness()).not.toContain('libuv-worker: 0');
    expect(niceness()).toContain('MainThread: 0');
  });
});

describe('memory', () => {
  it('is under 150 MB at rest', async () => {
    const server = await start();
    await send(server.url, '{ hello }');
    const rssKiB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]);
    expect(rssKiB).toBeLessThan(150 * 1024);
  });
});
