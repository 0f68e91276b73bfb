import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/process.ts';
import { refresh, sharedSecret, signup, startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/time.ts';

const minute = 60_000;
const me = '{ me { id } }';

const jwks = async (server: TestServer) => {
  const response = await server.fetch('/.well-known/jwks.json');
  const { keys } = JSON.parse(await response.text()) as { keys: Record<string, string>[] };
  const [, maxAge] = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '') ?? [];
  return { kids: keys.map(({ kid }) => kid), keys, maxAgeMs: Number(maxAge) * 1000 };
};
const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';

/** A server on SQLite, and the command line beside it. */
const serverWithCommands = async (env: Record<string, string> = {}) => {
  const server = await startServer(env);
  const run = (...args: string[]) => runCommand({ DATA_DIR: server.dataDir, ...env }, ...args);
  const keyList = async (command: string, ...kids: string[]) => {
    const { out, err, code } = await run('key', command, '--json', '--', ...kids);
    if (code !== 0) throw new Error(err);
    return JSON.parse(out).keys as { kid: string; state: string; signs: boolean; verifies: boolean }[];
  };
  return { server, run, keyList };
};

describe('rotation beside a running server', () => {
  test('J01, J02: a new key is published for longer than the key set may be cached before it signs', async () => {
    const { server, keyList } = await serverWithCommands();
    const grant = await signup(server);
    const old = kidOf(grant.accessToken);
    const [next] = await keyList('rotate');
    expect(next).toMatchObject({ state: 'next', signs: false, verifies: true });
    const kid = next?.kid ?? '';
    await until(async () => (await jwks(server)).kids.length === 2, 5_000);
    const shown = await jwks(server);
    expect(shown.kids).toEqual([kid, old]);
    for (const key of shown.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
    server.advance(shown.maxAgeMs);
    const during = (await refresh(server, grant.refreshToken)).data.refresh;
    expect(kidOf(during.accessToken)).toBe(old);
    server.advance(10 * minute - shown.maxAgeMs);
    await until(async () => server.logLines().some((line) => line['kid'] === kid), 5_000);
    const after = (await refresh(server, during.refreshToken)).data.refresh;
    expect(kidOf(after.accessToken)).toBe(kid);
    for (const token of [during.accessToken, after.accessToken])
      expect((await server.gql(me, { token })).codes).toEqual([]);
    expect((await keyList('list')).map(({ state }) => state)).toEqual(['next', 'current']);
  });

  test('J03: tokens of the old key verify until they expire, and then the key is removed', async () => {
    const { server, keyList } = await serverWithCommands({ ACCESS_TOKEN_TTL: '15m' });
    const grant = await signup(server);
    await keyList('rotate');
    server.advance(9 * minute);
    const last = (await refresh(server, grant.refreshToken)).data.refresh;
    await until(async () => (await jwks(server)).kids.length === 2, 5_000);
    server.advance(minute + 1_000);
    await until(async () => (await jwks(server)).kids.length === 2, 5_000);
    server.advance(13 * minute);
    expect((await server.gql(me, { token: last.accessToken })).codes).toEqual([]);
    server.advance(2 * minute);
    expect((await server.gql(me, { token: last.accessToken })).codes).toEqual(['UNAUTHENTICATED TOKEN_EXPIRED']);
    server.advance(2 * minute);
    await until(async () => (await jwks(server)).kids.length === 1, 5_000);
    expect((await jwks(server)).kids).not.toContain(kidOf(last.accessToken));
  });

  test('J03: tokens of a revoked key fail within 5 s, and refresh tokens still work', async () => {
    const { server, keyList } = await serverWithCommands();
    const grant = await signup(server);
    const token = grant.accessToken;
    expect((await server.gql(me, { token })).codes).toEqual([]);
    const keys = await keyList('revoke', kidOf(token));
    expect(keys.map(({ state }) => state)).toEqual(['current', 'removed']);
    await until(async () => (await server.gql(me, { token })).codes[0] === 'UNAUTHENTICATED TOKEN_INVALID', 5_000);
    expect((await jwks(server)).kids).toEqual([keys[0]?.kid]);
    const renewed = (await refresh(server, grant.refreshToken)).data.refresh;
    expect(kidOf(renewed.accessToken)).toBe(keys[0]?.kid);
    expect((await server.gql(me, { token: renewed.accessToken })).codes).toEqual([]);
  });

  test('J05: the metadata name the key set in which keys rotate', async () => {
    const { server, keyList } = await serverWithCommands();
    const [next] = await keyList('rotate');
    const metadata = JSON.parse(await (await server.fetch('/.well-known/oauth-authorization-server')).text());
    await until(async () => {
      const answer = await server.fetch(new URL(metadata.jwks_uri).pathname);
      return (await answer.text()).includes(next?.kid ?? 'no key');
    }, 5_000);
  });

  test('J07: no private key is in the database, the log, the key set or the output of the command line', async () => {
    const { server, run } = await serverWithCommands();
    const printed = [await run('key', 'rotate'), await run('key', 'list'), await run('key', 'list', '--json')];
    await until(async () => (await jwks(server)).kids.length === 2, 5_000);
    const database = new DatabaseSync(join(server.dataDir, 'fieldgate.sqlite'), { readOnly: true });
    const rows = JSON.stringify(database.prepare('select * from signing_keys').all());
    database.close();
    const all = [rows, server.logLines(), printed, (await jwks(server)).keys]
      .map((part) => JSON.stringify(part))
      .join();
    const { d } = JSON.parse(readFileSync(join(server.dataDir, 'signing-keys.json'), 'utf8')).keys[0];
    for (const secret of [d, '"d"', '\\"d\\"', 'PRIVATE KEY']) expect(all).not.toContain(secret);
    expect(rows).toContain('sealed_private');
    const kinds = printed.map(({ code }) => code);
    expect(kinds).toEqual([0, 0, 0]);
  });

  test('token explain uses the current keys', async () => {
    const { server, run, keyList } = await serverWithCommands({ ISSUER: 'http://localhost:4000' });
    const { accessToken } = await signup(server);
    await keyList('revoke', kidOf(accessToken));
    const { code, out } = await run('token', 'explain', accessToken, '--json');
    expect([code, JSON.parse(out).reason]).toEqual([1, 'TOKEN_INVALID']);
    expect(out).toContain('a key that has been removed');
  });
});

describe('automatic rotation', () => {
  test('J02: KEY_ROTATION publishes a new key at once and logs it in one line', async () => {
    const server = await startServer({ KEY_ROTATION: '30d' });
    const { accessToken } = await signup(server);
    await until(async () => (await jwks(server)).kids.length === 2, 5_000);
    const rotated = () => server.logLines().filter(({ event }) => event === 'key.rotated');
    const [next] = (await jwks(server)).kids;
    expect(rotated()).toMatchObject([{ actor: { kind: 'server' }, metadata: { kid: next, signsInSeconds: 600 } }]);
    server.advance(11 * minute);
    await until(async () => server.logLines().some(({ kid }) => kid === next), 5_000);
    expect((await server.gql(me, { token: accessToken })).codes).toEqual([]);
    expect(rotated()).toHaveLength(1);
  });
});

describe('where keys cannot be rotated or opened', () => {
  test('a shared secret cannot be rotated, and the error says what to do instead', async () => {
    const { run } = await serverWithCommands({ JWT_ALGORITHM: 'HS256', JWT_SECRET: sharedSecret });
    const { code, err } = await run('key', 'rotate');
    expect([code, err]).toEqual([1, expect.stringContaining('Change JWT_SECRET and restart')]);
    expect(err).not.toContain(sharedSecret);
  });

  test('with another key file the server starts and warns, and the old file restores all keys', async () => {
    const folder = temporaryFolder();
    const env = { DATA_DIR: folder };
    const file = join(folder, 'signing-keys.json');
    const before = await startServer({}, { dataDir: folder });
    const grant = await signup(before);
    const { keys } = JSON.parse((await runCommand(env, 'key', 'revoke', '--json', '--', kidOf(grant.accessToken))).out);
    await until(async () => (await jwks(before)).kids[0] === keys[0].kid, 5_000);
    const { accessToken: token, refreshToken } = (await refresh(before, grant.refreshToken)).data.refresh;

    const original = readFileSync(file, 'utf8');
    writeFileSync(file, (await runCommand(env, 'key', 'generate')).out);
    const exchanged = await startServer({}, { dataDir: folder });
    expect(exchanged.logLines()).toContainEqual(expect.objectContaining({ level: 40, kids: [keys[0].kid] }));
    expect((await exchanged.gql(me, { token })).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    const fresh = (await refresh(exchanged, refreshToken)).data.refresh;
    expect((await exchanged.gql(me, { token: fresh.accessToken })).codes).toEqual([]);
    const doctor = JSON.parse((await runCommand({ ...env, PORT: '0' }, 'doctor', '--json')).out);
    expect(doctor).toMatchObject({ ok: true });
    expect(doctor.checks).toContainEqual(expect.objectContaining({ check: 'kept keys', status: 'warn' }));

    writeFileSync(file, original);
    const restored = await startServer({}, { dataDir: folder });
    expect((await restored.gql(me, { token })).codes).toEqual([]);
    expect((await restored.gql(me, { token: grant.accessToken })).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
  });
});
