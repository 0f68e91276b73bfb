import { describe, expect } from 'vitest';
import { goodPassword, signup, testWithServer } from '../support/server.ts';

const test = testWithServer({ RATE_LIMIT_REFRESH: '3/1h' });

/** Of an address of its own, so that no test uses up the limits of another. */
const form = (parameters: Readonly<Record<string, string>>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(parameters),
});

describe('text that is not well-formed Unicode', () => {
  test('C4: is refused in a JSON sign-in at /token, where it would be read as another password', async ({ server }) => {
    await signup(server, 'fffd@example.com', `${goodPassword}\ufffd`);
    const response = await server.fetch('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"username":"fffd@example.com","password":"${goodPassword}\\ud800"}`,
    });
    expect([response.status, (await response.json()).error]).toEqual([400, 'invalid_request']);
  });

  test.for([
    '/graphql?query=%7Bhello%7D%ff',
    '/graphql?query=%7Bhello%7D&variables=%7B%22a%22:%22%c3%28%22%7D',
    '/oauth/google?returnTo=%ed%a0%80',
    '/health?x=%80',
  ])('C4: is refused in the URL %s', async (path, { server }) => {
    const response = await server.fetch(path);
    expect([response.status, (await response.json()).errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  test('G03: a parameter that is in the URL twice is refused: two readers could take different ones', async ({
    server,
  }) => {
    const response = await server.fetch('/graphql?query=%7Bhello%7D&query=%7Bme%7Bid%7D%7D');
    expect([response.status, (await response.json()).errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });
});

describe('the limit of refreshes', () => {
  test('B3: is not used up by unknown grants or failed clients behind the same address', async ({ server }) => {
    const { refreshToken } = await signup(server);
    for (let i = 0; i < 5; i++) {
      await server.fetch('/token', form({ grant_type: 'zz' }));
      await server.fetch('/token', form({ grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' }));
    }
    const response = await server.fetch('/token', form({ grant_type: 'refresh_token', refresh_token: refreshToken }));
    expect(response.status).toBe(200);
  });

  test('B1c: failed clients of an address are refused with 429 after as many, and logged as often', async ({
    server,
  }) => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { status } = await server.fetch('/introspect', form({ client_id: 'x', client_secret: 'y', token: 'z' }));
      statuses.push(status);
    }
    expect(statuses.at(-1)).toBe(429);
    expect(server.logLines().filter(({ event }) => event === 'client.login_failed').length).toBeLessThanOrEqual(3);
  });
});
