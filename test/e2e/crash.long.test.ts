import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import {
  freePort,
  refreshMutation,
  send,
  signupMutation,
  startServerProcess,
  type Tokens,
  temporaryFolder,
} from '../support/process.ts';
import { pause, until } from '../support/time.ts';

/** `KILLS=50 npx vitest run crash.long` for a thorough run. */
const kills = Number(process.env['KILLS'] ?? 10);
const logout = 'mutation ($refreshToken: String!) { logout(input: { refreshToken: $refreshToken }) { endedSessions } }';

test(`${kills} kills at random moments lose no acknowledged account, logout or session`, {
  timeout: 600_000,
}, async () => {
  const env = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()), LOG_LEVEL: 'error' };
  const accounts: string[] = [];
  const live = new Map<string, Tokens>();
  const ended: Tokens[] = [];
  let count = 0;

  /** Signs up, refreshes a few times and logs out. Records what was acknowledged alone. */
  const client = async (url: string): Promise<void> => {
    const first: Tokens | undefined = (await send(url, signupMutation, { email: `crash${count++}@example.com` }))?.data
      ?.signup;
    if (!first) return;
    accounts.push(first.user.email);
    let grant = first;
    live.set(grant.session.id, grant);
    for (let i = 0; i < 8; i++) {
      const next: Tokens | undefined = (await send(url, refreshMutation, grant))?.data?.refresh;
      if (!next) return;
      grant = next;
      live.set(grant.session.id, grant);
    }
    live.delete(grant.session.id); // Until the logout is acknowledged, either outcome is right.
    if ((await send(url, logout, grant))?.data?.logout) ended.push(grant);
  };

  for (let round = 0; round < kills; round++) {
    const server = await startServerProcess(env);
    const clients = Array.from({ length: 4 }, () => client(server.url));
    const before = accounts.length;
    // Some kills come before anything is acknowledged, most come after.
    if (round % 3 > 0) await until(() => accounts.length > before);
    await pause(20 + Math.random() * 400);
    server.child.kill('SIGKILL');
    await Promise.all([...clients, server.exit]);
  }

  const server = await startServerProcess(env);
  const codeOf = (answer: { errors?: { extensions: { code: string; reason?: string } }[] } | null) =>
    answer?.errors?.[0]?.extensions;
  for (const grant of ended) {
    expect(codeOf(await send(server.url, '{ me { id } }', {}, grant.accessToken))?.reason).toBe('TOKEN_REVOKED');
    expect(codeOf(await send(server.url, refreshMutation, grant))?.code).toBe('REFRESH_TOKEN_INVALID');
  }
  for (const grant of live.values()) {
    expect((await send(server.url, '{ me { email } }', {}, grant.accessToken))?.data?.me?.email).toBe(grant.user.email);
    // Where the answer to a later refresh was lost, the same token gives the same successor within its window.
    expect((await send(server.url, refreshMutation, grant))?.data?.refresh?.session.id ?? 'expired').toMatch(
      /^(expired|[0-9a-f-]{36})$/,
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
