import { describe, expect } from 'vitest';
import { goodPassword, login, newEmail, refresh, signup, startServer, testWithServer } from '../support/server.ts';
import { ask, broken, exhaust, newAddress, newText, refused, shown, tenPoints } from '../support/ten-points.ts';

const test = testWithServer(tenPoints);

describe('who pays', () => {
  test('the account of a valid token pays, for unknown documents and public fields too, and not the exhausted address', async ({
    server,
  }) => {
    const headers = newAddress();
    const { accessToken: token } = await signup(server);
    await exhaust(server, headers);
    for (let count = 0; count < 4; count += 1)
      expect((await ask(server, newText(), headers, { token })).status).toBe(200);
    for (let count = 0; count < 6; count += 1) {
      expect((await ask(server, '{ me { id } }', headers, { token })).status).toBe(200);
    }
    expect(shown(await ask(server, '{ me { id } }', headers, { token }))).toEqual(refused);
    expect(shown(await ask(server, '{ hello }', newAddress(), { token }))).toEqual(refused);
  });

  test('B1: documents of 2 KB, each another one, are answered as far as the quota of their address reaches, and from then on refused', async ({
    server,
  }) => {
    const headers = newAddress();
    const { accessToken: token } = await signup(server);
    const flood = (number: number) => {
      const aliases = Array.from({ length: 200 }, (_, index) => `a${index}: me { id }`).join(' ');
      return ask(server, `query Q${number} { me { id } ${aliases} }`.slice(0, 2_046).padEnd(2_047, '#'), headers);
    };
    const statuses: number[] = [];
    for (let number = 0; number < 12; number += 1) statuses.push((await flood(number)).status);
    // Ten points, two for each.
    expect(statuses.slice(0, 5)).not.toContain(429);
    expect(statuses.slice(5)).toEqual(Array(7).fill(429));
    expect((await ask(server, '{ me { id } }', headers, { token })).status).toBe(200);
  });

  test('the account of a session cookie pays, unless the page may not use it', async ({ server }) => {
    const headers = newAddress();
    const answer = await ask(
      server,
      'mutation ($input: SignupInput!) { signup(input: $input) { user { id } } }',
      { ...newAddress(), origin: 'http://localhost:4000' },
      { variables: { input: { email: newEmail(), password: goodPassword, delivery: 'COOKIE' } } },
    );
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    await exhaust(server, headers);
    expect((await ask(server, '{ me { id } }', { ...headers, cookie, origin: 'http://localhost:4000' })).status).toBe(
      200,
    );
    expect((await ask(server, '{ hello }', { ...headers, cookie, origin: 'https://evil.example' })).status).toBe(429);
  });

  test('the address pays for a token that is forged or expired', async ({ server }) => {
    const { accessToken } = await signup(server);
    const forged = `${accessToken.slice(0, -4)}AAAA`;
    const headers = newAddress();
    for (let count = 0; count < 10; count += 1) {
      expect((await ask(server, '{ me { id } }', headers, { token: forged })).status).toBe(401);
    }
    expect(shown(await ask(server, '{ me { id } }', headers, { token: forged }))).toEqual(refused);
    expect((await ask(server, '{ me { id } }', headers, { token: accessToken })).status).toBe(200);
    server.advance(20 * 60_000);
    expect(shown(await ask(server, '{ me { id } }', headers, { token: accessToken }))).toEqual(refused);
  });

  test('an API key pays only while a store has confirmed it within the last minute', async ({ server }) => {
    const { accessToken: token } = await signup(server);
    const made = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
    const key = (await ask(server, made, newAddress(), { token })).data.createApiKey.secret;
    const headers = newAddress();
    expect((await ask(server, '{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(200);
    expect((await ask(server, broken(9 * 1024), headers)).status).toBe(400);
    expect(shown(await ask(server, '{ hello }', headers))).toEqual(refused);
    expect((await ask(server, '{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(200);
    const another = `${key.slice(0, -10)}0000000000`;
    expect((await ask(server, '{ me { id } }', { ...headers, 'x-api-key': another })).status).toBe(429);
    server.advance(61_000);
    expect((await ask(server, '{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(429);
    // From elsewhere it is confirmed again, for a minute.
    expect((await ask(server, '{ me { id } }', { ...newAddress(), 'x-api-key': key })).status).toBe(200);
    expect((await ask(server, '{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(200);
  });

  test('Basic pays only while a store has confirmed the password', async ({ server }) => {
    const { user } = await signup(server);
    const authorization = `Basic ${Buffer.from(`${user.email}:${goodPassword}`).toString('base64')}`;
    const headers = newAddress();
    expect((await ask(server, '{ me { id } }', { ...newAddress(), authorization })).status).toBe(200);
    await exhaust(server, headers);
    expect((await ask(server, '{ me { id } }', { ...headers, authorization })).status).toBe(200);
    const wrong = `Basic ${Buffer.from(`${user.email}:wrong`).toString('base64')}`;
    expect((await ask(server, '{ me { id } }', { ...headers, authorization: wrong })).status).toBe(429);
  });
});

describe('a caller behind an exhausted address', () => {
  test('a caller signs in by a document that the server knows', async ({ server }) => {
    const { user, refreshToken } = await signup(server);
    const headers = newAddress();
    await login(server, user.email);
    await refresh(server, refreshToken).then(({ data }) => expect(data.refresh.accessToken).toBeTypeOf('string'));
    await exhaust(server, headers);
    expect(shown(await ask(server, '{ hello }', headers))).toEqual(refused);
    for (let count = 0; count < 12; count += 1) {
      expect((await login(server, user.email, goodPassword, headers)).codes).toEqual([]);
    }
    expect(shown(await ask(server, '{ hello }', headers))).toEqual(refused);
  });

  test('signing in consumes nothing of the general limit', async ({ server }) => {
    const { user } = await signup(server);
    const headers = newAddress();
    for (let count = 0; count < 12; count += 1) await login(server, user.email, goodPassword, headers);
    for (let count = 0; count < 10; count += 1) expect((await ask(server, '{ hello }', headers)).status).toBe(200);
  });

  test('unknown documents of up to 1 KiB that may sign in are parsed ten times a minute, and run only if they do', async ({
    server,
  }) => {
    const headers = newAddress();
    await exhaust(server, headers);
    let number = 0;
    const unknown = (bytes = 1) => `mutation { logout { endedSessions } } # ${++number}`.padEnd(bytes, '.');
    expect(shown(await ask(server, unknown(1025), headers))).toEqual(refused);
    // What does not name a sign-in field takes nothing of the ten.
    for (let count = 0; count < 20; count += 1) expect(shown(await ask(server, newText(), headers))).toEqual(refused);
    expect(shown(await ask(server, `{ hello } # login ${++number}`, headers))).toEqual(refused);
    expect(shown(await ask(server, '{ login', headers))).toEqual(refused);
    for (let count = 0; count < 8; count += 1) expect((await ask(server, unknown(1024), headers)).status).toBe(200);
    expect(shown(await ask(server, unknown(), headers))).toEqual(refused);
    server.advance(60_000);
    expect((await ask(server, unknown(), headers)).status).toBe(200);
  });

  test('an operation that does more than sign in is refused', async ({ server }) => {
    const headers = newAddress();
    const both = 'mutation { logout { endedSessions } revokeSession(id: "x") { id } }';
    await ask(server, both, newAddress());
    await exhaust(server, headers);
    expect(shown(await ask(server, both, headers))).toEqual(refused);
  });

  test('signing out is never limited', async ({ server }) => {
    const headers = newAddress();
    for (let count = 0; count < 200; count += 1) {
      expect((await ask(server, 'mutation { logout { endedSessions } }', headers)).status).toBe(200);
    }
    expect((await ask(server, '{ hello }', headers)).status).toBe(200);
  });

  test('a sign-in that runs nothing is a request like any other', async ({ server }) => {
    const headers = newAddress();
    const skipped = 'mutation { logout @skip(if: true) { endedSessions } }';
    for (let count = 0; count < 10; count += 1) expect((await ask(server, skipped, headers)).status).toBe(200);
    expect(shown(await ask(server, skipped, headers))).toEqual(refused);
  });

  test('a bucket that is used up refuses no other', async () => {
    const strict = await startServer({ ...tenPoints, RATE_LIMIT_LOGIN: '1/5m', RATE_LIMIT_SIGNUP: '3/1h' });
    const grant = await signup(strict);
    for (const code of [[], ['RATE_LIMITED']]) expect((await login(strict, grant.user.email)).codes).toEqual(code);
    expect((await refresh(strict, grant.refreshToken)).codes).toEqual([]);
    expect((await strict.gql('{ hello }')).codes).toEqual([]);
    await signup(strict);
  });
});
