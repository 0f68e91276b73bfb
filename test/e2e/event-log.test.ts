import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { runInProcess } from '../support/command-line.ts';
import {
  freePort,
  goodPassword,
  logLinesOf,
  type ServerProcess,
  send,
  startServerProcess,
  type Tokens,
  temporaryFolder,
} from '../support/process.ts';

const start = async (env: Record<string, string> = {}) => {
  const settings = {
    DATA_DIR: temporaryFolder(),
    PORT: String(await freePort()),
    ISSUER: 'http://localhost:4000',
    ...env,
  };
  return { server: await startServerProcess(settings), settings };
};

type Line = Record<string, unknown>;

const rowsOf = (folder: string): readonly Line[] => {
  const database = new DatabaseSync(join(folder, 'fieldgate.sqlite'), { readOnly: true });
  const rows = database.prepare('select * from events order by time, id').all();
  database.close();
  return rows;
};

const signIn = (server: ServerProcess, how: 'login' | 'signup', email: string, password = goodPassword) =>
  send(
    server.url,
    `mutation ($email: String!, $password: String!) {
      ${how}(input: { email: $email, password: $password }) { accessToken refreshToken user { id } } }`,
    { email, password },
  );

describe('the event log of a server process', () => {
  test('a stop in the middle of a burst loses no event', async () => {
    const { server, settings } = await start();
    const tokens: Tokens = (await signIn(server, 'signup', 'ada@example.com')).data.signup;
    // Connections that are kept open would keep the server waiting.
    const change = (n: number) =>
      fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${tokens.accessToken}`,
          connection: 'close',
        },
        body: `{"query":"mutation { createApiKey(input: { name: \\"key ${n}\\", scopes: [] }) { apiKey { id } } }"}`,
      }).then(
        (response) => response.json(),
        () => null,
      );
    const burst = Promise.all(Array.from({ length: 400 }, (_, n) => change(n)));
    await expect
      .poll(() => logLinesOf(server).filter(({ event }) => event === 'api_key.created').length, { timeout: 10_000 })
      .toBeGreaterThan(20);
    server.child.kill('SIGTERM');
    const answers = await burst;
    expect((await server.exit).code).toBe(0);
    const lines = logLinesOf(server).filter(({ event }) => event !== undefined && event !== 'access.refused');
    expect(rowsOf(settings.DATA_DIR).map(({ id }) => id)).toEqual(lines.map(({ eventId }) => eventId));
    const acknowledged = answers.filter((answer) => answer?.data?.createApiKey).length;
    expect(lines.filter(({ event }) => event === 'api_key.created').length).toBeGreaterThanOrEqual(acknowledged);
  });

  test('what the command line does is an event with the command line as its actor', async () => {
    const { server, settings } = await start();
    const { PORT: _port, ...env } = settings;
    const run = async (...args: string[]) =>
      expect(await runInProcess(args, { env, input: `${goodPassword}\n` })).toMatchObject({ code: 0 });
    await run('user', 'create', '--email', 'bob@example.com', '--password-stdin');
    await signIn(server, 'login', 'bob@example.com');
    await run('user', 'role', 'bob@example.com', 'MODERATOR');
    await run('session', 'revoke', '--user', 'bob@example.com', '--all');
    await run('apikey', 'create', '--user', 'bob@example.com', '--name', 'k', '--scope', 'account:read');
    await run('client', 'create', '--name', 'billing');
    await run('user', 'disable', 'bob@example.com');
    // The server writes its events in batches.
    const written = () => rowsOf(settings.DATA_DIR).map(({ type, actor_kind }) => [type, actor_kind]);
    await expect.poll(written, { timeout: 5_000 }).toEqual([
      ['user.signed_up', 'command_line'],
      ['user.login_succeeded', 'account'],
      ['role.changed', 'command_line'],
      ['session.revoked', 'command_line'],
      ['api_key.created', 'command_line'],
      ['client.created', 'command_line'],
      ['user.disabled', 'command_line'],
    ]);
  });

  test('L04: every line of the log is short and parseable, whatever a client sends', async () => {
    const { server } = await start({ LOG_LEVEL: 'trace' });
    const evil = 'x\r\n{"event":"forged"}\u001b[2J\u2028\u2029\u0085 \u202e\0';
    const long = 'A'.repeat(60_000);
    const header = Buffer.from(
      JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `\ud800${evil}${long.slice(0, 5_000)}` }),
    );
    const kid = `Bearer ${header.toString('base64url')}.e30.AAAA`;
    // A lone surrogate is refused as input, before it is a failed login.
    for (const text of [evil, long, evil + long.slice(0, 5_000), `${evil}\ud800`]) {
      await signIn(server, 'login', text, text);
      await signIn(server, 'login', `${text}@example.com`);
      await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: kid, 'x-request-id': long.slice(0, 9_000) },
        body: JSON.stringify({ query: `query A { me { id } }`, operationName: text }),
      });
    }
    const body = '{"query":"mutation { login(input: { email: \\"a\\", password: \\"b\\" }) { expiresIn } }"}';
    for (const name of ['user-agent', 'x-forwarded-for', 'x-request-id']) {
      const headers = {
        'content-type': 'application/json',
        [name]: `\x85\x9b2J\xe2\x80\xa8"\\ ${long.slice(0, 9_000)}`,
      };
      await new Promise((resolve, reject) => {
        const sent = request(`${server.url}/graphql`, { method: 'POST', headers, agent: false }, (answer) =>
          answer.resume().on('end', resolve),
        );
        sent.on('error', reject).end(body);
      });
    }
    await fetch(`${server.url}/${long.slice(0, 9_000)}`);
    server.child.kill('SIGTERM');
    await server.exit;
    const lines = server.output().split('\n').filter(Boolean);
    expect(logLinesOf(server).filter(({ event }) => event === 'user.login_failed').length).toBe(8);
    expect(logLinesOf(server).filter(({ event }) => event === 'forged')).toEqual([]);
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(line.length).toBeLessThan(2_000);
    }
  });
});
