import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { freePort, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';

/** A few in every run; `KILLS=50 npx vitest run test/e2e/crash.test.ts` for a thorough one. */
const kills = Number(process.env['KILLS'] ?? 10);
const fields = '{ accessToken refreshToken user { email } session { id } }';
const signup = `mutation ($email: String!) { signup(input: { email: $email, password: "a quiet lamp over nine stairs" }) ${fields} }`;
const refresh = `mutation ($refreshToken: String!) { refresh(input: { refreshToken: $refreshToken }) ${fields} }`;
const logout = 'mutation ($refreshToken: String!) { logout(input: { refreshToken: $refreshToken }) { endedSessions } }';

type Grant = { accessToken: string; refreshToken: string; user: { email: string }; session: { id: string } };

it(`loses no acknowledged account, logout or session in ${kills} kills at random moments`, {
  timeout: 600_000,
}, async () => {
  const env = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()), LOG_LEVEL: 'error' };
  const accounts: string[] = [];
  const live = new Map<string, Grant>();
  const ended: Grant[] = [];
  let count = 0;

  /** One client: signs up, refreshes a few times, sometimes logs out; notes only what was acknowledged. */
  const client = async (url: string): Promise<void> => {
    const first: Grant | undefined = (await send(url, signup, { email: `crash${count++}@example.com` }))?.data?.signup;
    if (!first) return;
    accounts.push(first.user.email);
    let grant = first;
    live.set(grant.session.id, grant);
    for (let i = 0; i < 8; i++) {
      const next: Grant | undefined = (await send(url, refresh, grant))?.data?.refresh;
      if (!next) return;
      grant = next;
      live.set(grant.session.id, grant);
    }
    live.delete(grant.session.id); // While the logout is in flight either outcome is right.
    if ((await send(url, logout, grant))?.data?.logout) ended.push(grant);
  };

  for (let round = 0; round < kills; round++) {
    const server = spawnServer(env);
    await whenListening(server);
    const clients = Array.from({ length: 4 }, () => client(server.url));
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 400));
    server.child.kill('SIGKILL');
    await Promise.all([...clients, server.exit]);
  }

  const server = spawnServer(env);
  await whenListening(server);
  const codeOf = (answer: { errors?: { extensions: { code: string; reason?: string } }[] } | null) =>
    answer?.errors?.[0]?.extensions;
  for (const grant of ended) {
    expect(codeOf(await send(server.url, '{ me { id } }', {}, grant.accessToken))?.reason).toBe('TOKEN_REVOKED');
    expect(codeOf(await send(server.url, refresh, grant))?.code).toBe('REFRESH_TOKEN_INVALID');
  }
  for (const grant of live.values()) {
    expect((await send(server.url, '{ me { email } }', {}, grant.accessToken))?.data?.me?.email).toBe(grant.user.email);
    // The answer to a later refresh may have been lost: within its window the same token gives the same successor.
    expect((await send(server.url, refresh, grant))?.data?.refresh?.session.id ?? 'window over').toMatch(
      /^(window over|[0-9a-f-]{36})$/,
    );
  }
  server.child.kill('SIGTERM');
  await server.exit;

  const database = new DatabaseSync(join(env.DATA_DIR, 'fieldgate.sqlite'));
  expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
  const emails = new Set(
    database
      .prepare('select email from users')
      .all()
      .map((row) => row['email']),
  );
  expect(accounts.filter((email) => !emails.has(email))).toEqual([]);
  const sessions = new Set(
    database
      .prepare('select id from sessions')
      .all()
      .map((row) => row['id']),
  );
  expect(ended.filter((grant) => sessions.has(grant.session.id))).toEqual([]);
  expect(accounts.length).toBeGreaterThan(kills / 2);
});
