import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parseKeySet } from '../../src/crypto/keys.ts';
import { decode, forgerOf } from '../support/forged-tokens.ts';
import { sendForm } from '../support/oauth.ts';
import { adminEnv, type Grant, signup, type TestServer, testWithServer } from '../support/server.ts';
import { forgeries, otherSpellings, twinOf, wrongContents } from '../support/token-attacks.ts';

/** The attacks of the unit tests against the whole server, through every place that reads a token. */
const test = testWithServer(adminEnv)
  .extend('grant', { scope: 'file' }, ({ server }) => signup(server))
  .extend('forger', { scope: 'file' }, ({ server, grant }) =>
    forgerOf(
      grant.accessToken,
      parseKeySet(JSON.parse(readFileSync(join(server.dataDir, 'signing-keys.json'), 'utf8'))),
    ),
  )
  // Where a careless server would fetch keys from.
  .extend('canary', { scope: 'file' }, async ({ env: _env }, { onCleanup }) => {
    const path = `/${randomUUID()}/jwks.json`;
    let hits = 0;
    const site = createServer(({ url }, response) => {
      // Other requests are for a server that had this port before.
      if (url?.startsWith(path)) hits += 1;
      response.end('{"keys":[]}');
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    onCleanup(() => void site.close());
    return { url: `http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`, hits: () => hits };
  });

/** The tokens that fit into a header and differ from the real one after trimming. */
const sendable = (grant: Grant, tokens: readonly string[]): readonly string[] =>
  tokens.filter((token) => /^[\t\x20-\x7e\x80-\xff]*$/.test(token) && token.trim() !== grant.accessToken);

/** Every fifth of the hundreds that differ in one character. */
const thinned = (tokens: readonly string[]): readonly string[] =>
  tokens.length < 100 ? tokens : tokens.filter((_, index) => index % 5 === 0);

const changesNothing = 'mutation { revokeUserSessions(userId: "x") { endedSessions } }';

const ask = async (server: TestServer, token: string, query: string, headers: Record<string, string> = {}) => {
  const response = await server.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = JSON.parse(await response.text());
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate') ?? '',
    data,
    reason: errors?.[0]?.extensions?.reason,
  };
};

const refused = { status: 401, data: undefined };

/** How often the stores were called, apart from background work. */
const storeCalls = async (server: TestServer): Promise<number> => {
  const text = await (await server.fetch('/metrics')).text();
  const counts = text.matchAll(/^fieldgate_store_duration_seconds_count\{store="(\w+)",verb="(\w+)"\} (\d+)$/gm);
  let total = 0;
  for (const [, store, verb = '', count] of counts) {
    if (store !== 'events' && store !== 'signing_keys' && !verb.startsWith('purge')) total += Number(count);
  }
  return total;
};

const expectRealTokenToWork = async (server: TestServer, grant: Grant): Promise<void> => {
  expect((await server.gql('{ me { id } }', { token: grant.accessToken })).data).toEqual({ me: { id: grant.user.id } });
};

describe.each([
  ['made without the key', forgeries],
  ['signed by the right key', wrongContents],
])('tokens %s', (_how, classes) => {
  test.for(Object.entries(classes))(
    '%s is refused in the Authorization header before any resolver or store is called',
    { timeout: 60_000 },
    async ([_what, make], { server, forger, grant, canary }) => {
      const tokens = sendable(grant, make(forger, canary.url));
      expect(tokens.length).toBeGreaterThan(0);
      const callsBefore = await storeCalls(server);
      for (const token of tokens) {
        const answer = await ask(server, token, changesNothing);
        expect([token, answer]).toMatchObject([token, { ...refused, reason: 'TOKEN_INVALID' }]);
        expect(answer.challenge).toMatch(/^Bearer realm="graphql", error="invalid_token"/);
      }
      expect(await storeCalls(server)).toBe(callsBefore);
      expect(canary.hits()).toBe(0);
      await expectRealTokenToWork(server, grant);
    },
  );

  test.for(Object.entries(classes))(
    '%s is refused as a cookie, inactive at /introspect, and revokes nothing at /revoke',
    { timeout: 60_000 },
    async ([_what, make], { server, admin, forger, grant, canary }) => {
      const tokens = thinned(make(forger, canary.url).filter((token) => token !== ''));
      const asAdmin = { authorization: `Bearer ${admin.accessToken}` };
      for (const token of tokens) {
        const introspected = await sendForm(server, '/introspect', { token }, asAdmin);
        expect([token, introspected.status, introspected.body]).toEqual([token, 200, { active: false }]);
        const revoked = await sendForm(server, '/revoke', { token });
        expect([token, revoked.status, revoked.body]).toEqual([token, 200, {}]);
      }
      for (const token of sendable(grant, tokens).filter((each) => !/[;,"\s]/.test(each))) {
        const cookie = { authorization: '', cookie: `fieldgate-access=${token}`, 'sec-fetch-site': 'same-origin' };
        expect([token, await ask(server, '', changesNothing, cookie)]).toMatchObject([token, refused]);
      }
      expect(canary.hits()).toBe(0);
      await expectRealTokenToWork(server, grant);
    },
  );
});

describe('tokens signed by the right key, whose holder does not exist', () => {
  const unknown = '0190a0a0-0000-7000-8000-00000000000a';
  test.for<readonly [string, (other: Grant) => Record<string, unknown>, string]>([
    ['T18: a token of an account that does not exist', () => ({ sub: unknown }), 'TOKEN_REVOKED'],
    ['T18: a token whose account is a reserved name', () => ({ sub: '__proto__' }), 'TOKEN_REVOKED'],
    ['T18: a token of a session that does not exist', () => ({ sid: unknown }), 'TOKEN_REVOKED'],
    ['T18: a token with the session of another account', (other) => ({ sid: other.session.id }), 'TOKEN_REVOKED'],
    ['T18: a token with another account in this session', (other) => ({ sub: other.user.id }), 'TOKEN_REVOKED'],
    ['R18: a token with a role that the account does not have', () => ({ role: 'ADMIN' }), 'TOKEN_STALE'],
    ['Z17: a token with a role that does not exist', () => ({ role: 'ROOT' }), 'TOKEN_STALE'],
    ['Z17: a token with the role in another spelling', () => ({ role: 'user' }), 'TOKEN_STALE'],
    ['T08: an expired token', (other) => pastOf(other.accessToken), 'TOKEN_EXPIRED'],
    [
      'T20: a token of a service that does not exist',
      () => ({ sub: unknown, client_id: unknown, sid: undefined, role: undefined }),
      'TOKEN_REVOKED',
    ],
  ])('%s is refused', async ([_what, changes, reason], { server, admin, forger, grant }) => {
    const token = forger.withPayload(changes(await signup(server)));
    expect(await ask(server, token, changesNothing)).toMatchObject({ ...refused, reason });
    const asAdmin = { authorization: `Bearer ${admin.accessToken}` };
    expect((await sendForm(server, '/introspect', { token }, asAdmin)).body).toEqual({ active: false });
    await expectRealTokenToWork(server, grant);
  });

  const pastOf = (token: string) => {
    const { iat } = decode(token.split('.')[1]);
    return { iat: Number(iat) - 2_000, exp: Number(iat) - 1_000 };
  };
});

describe('revoked tokens', () => {
  test('R19: a revoked token is refused in every spelling and under its twin signature', async ({
    server,
    forger,
    canary,
  }) => {
    const { accessToken } = await signup(server);
    await server.gql('mutation { logout { endedSessions } }', { token: accessToken });
    const revoked = forgerOf(accessToken, forger.keySet);
    for (const token of otherSpellings(revoked, canary.url)) {
      expect(await ask(server, token, '{ me { id } }')).toMatchObject({ ...refused, reason: 'TOKEN_INVALID' });
    }
    for (const token of [accessToken, twinOf(accessToken), revoked.withPayload({ jti: 'another' })]) {
      expect(await ask(server, token, '{ me { id } }')).toMatchObject({ ...refused, reason: 'TOKEN_REVOKED' });
    }
  });
});

describe('class K: how a token is presented', () => {
  const present = async (server: TestServer, headers: Record<string, string>) => {
    const response = await server.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ me { id } }"}',
    });
    const { data, errors } = JSON.parse(await response.text());
    return [response.status, data?.me?.id ?? errors[0].extensions.reason ?? errors[0].extensions.code];
  };

  test.for<readonly [string, (token: string) => Record<string, string>, readonly unknown[]]>([
    ['nowhere', () => ({}), [401, 'TOKEN_MISSING']],
    ['as an empty header', () => ({ authorization: '' }), [401, 'TOKEN_MISSING']],
    ['as the scheme alone', () => ({ authorization: 'Bearer' }), [401, 'TOKEN_INVALID']],
    ['as the scheme and a space', () => ({ authorization: 'Bearer ' }), [401, 'TOKEN_INVALID']],
    ['without a scheme', (token) => ({ authorization: token }), [401, 'TOKEN_MISSING']],
    ['as Basic', (token) => ({ authorization: `Basic ${token}` }), [401, 'TOKEN_MISSING']],
    ['as Token', (token) => ({ authorization: `Token ${token}` }), [401, 'TOKEN_MISSING']],
    ['as JWT', (token) => ({ authorization: `JWT ${token}` }), [401, 'TOKEN_MISSING']],
    ['with a colon', (token) => ({ authorization: `Bearer: ${token}` }), [401, 'TOKEN_MISSING']],
    ['twice after one scheme', (token) => ({ authorization: `Bearer ${token} ${token}` }), [401, 'TOKEN_INVALID']],
    [
      'as two credentials',
      (token) => ({ authorization: `Bearer ${token}, Bearer ${token}` }),
      [400, 'AMBIGUOUS_CREDENTIALS'],
    ],
    [
      'in X-Forwarded-Authorization',
      (token) => ({ 'x-forwarded-authorization': `Bearer ${token}` }),
      [401, 'TOKEN_MISSING'],
    ],
    ['in X-Access-Token', (token) => ({ 'x-access-token': token }), [401, 'TOKEN_MISSING']],
    ['as an API key', (token) => ({ 'x-api-key': token }), [401, 'TOKEN_INVALID']],
    [
      'in a cookie of another name',
      (token) => ({ cookie: `token=${token}; access_token=${token}` }),
      [401, 'TOKEN_MISSING'],
    ],
  ])('a token sent %s is not accepted', async ([_what, headers, expected], { server, grant }) => {
    expect(await present(server, headers(grant.accessToken))).toEqual(expected);
  });

  test.for(['bearer', 'BEARER', 'Bearer  ', 'bEaReR'])(
    'the scheme is read as %j',
    async (scheme, { server, grant }) => {
      expect(await present(server, { authorization: `${scheme} ${grant.accessToken}` })).toEqual([200, grant.user.id]);
    },
  );

  test('T12: an access token is not accepted as a refresh token', async ({ server, grant }) => {
    const refresh = 'mutation ($r: String!) { refresh(input: { refreshToken: $r }) { accessToken } }';
    const answer = await server.gql(refresh, { variables: { r: grant.accessToken } });
    expect(answer.codes).toEqual(['REFRESH_TOKEN_INVALID']);
    const form = { grant_type: 'refresh_token', refresh_token: grant.accessToken };
    expect((await sendForm(server, '/token', form)).body.error).toBe('invalid_grant');
  });
});

test('T21: none of these attacks made the server fail, and no token is in the log', ({ server, grant }) => {
  const lines = server.logLines();
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  expect(JSON.stringify(lines)).not.toContain(grant.accessToken.slice(-30));
});
