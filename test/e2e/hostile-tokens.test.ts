import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKey, parseKeySet } from '../../src/crypto/keys.ts';
import { decode, type Forger, forgerOf } from '../support/forged-tokens.ts';
import { sendForm } from '../support/oauth.ts';
import { adminEnv, type Grant, loginAsAdmin, signup, startServer, type TestServer } from '../support/server.ts';
import { forgeries, otherSpellings, twinOf, wrongContents } from '../support/token-attacks.ts';

/** The recipes of the unit tests against the whole server, by every way a token gets in. */

let folder: string;
let server: TestServer;
let grant: Grant;
let admin: Grant;
let forger: Forger;
/** Where a careless server would fetch keys from, and how often somebody did. */
let canary: Server;
let canaryUrl: string;
let canaryHits = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fieldgate-'));
  const keys = { keys: [await generateKey('ES256')] };
  await writeFile(join(folder, 'keys.json'), JSON.stringify(keys), { mode: 0o600 });
  server = await startServer({ JWT_KEYS: join(folder, 'keys.json'), ...adminEnv });
  [grant, admin] = [await signup(server), await loginAsAdmin(server)];
  forger = forgerOf(grant.accessToken, parseKeySet(keys));
  canary = createServer((_request, response) => {
    canaryHits += 1;
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  await once(canary, 'listening');
  canaryUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/jwks.json`;
});
afterAll(async () => {
  canary.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** What can be put into a header, and is not the token itself once the blanks around it are gone. */
const sendable = (tokens: readonly string[]): readonly string[] =>
  tokens.filter((token) => /^[\t\x20-\x7e\x80-\xff]*$/.test(token) && token.trim() !== grant.accessToken);

/** Of hundreds that differ in one character, some. */
const thinned = (tokens: readonly string[]): readonly string[] =>
  tokens.length < 100 ? tokens : tokens.filter((_, index) => index % 5 === 0);

const changesNothing = 'mutation { revokeUserSessions(userId: "x") { endedSessions } }';
const ways = ['/graphql', '/graphql?way=the-other'];

const ask = async (token: string, query: string, way = '/graphql', headers: Record<string, string> = {}) => {
  const response = await server.fetch(way, {
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

/** What a person does and sees is in the stores: how often they were asked. Sweeping and the event log go on meanwhile. */
const storeCalls = async (): Promise<number> => {
  const text = await (await server.fetch('/metrics')).text();
  const counts = text.matchAll(/^fieldgate_store_duration_seconds_count\{store="(\w+)",verb="(\w+)"\} (\d+)$/gm);
  let total = 0;
  for (const [, store, verb = '', count] of counts) {
    if (store !== 'events' && store !== 'signing_keys' && !verb.startsWith('purge')) total += Number(count);
  }
  return total;
};

const theTokenStillWorks = async (): Promise<void> => {
  expect((await server.gql('{ me { id } }', { token: grant.accessToken })).data).toEqual({ me: { id: grant.user.id } });
};

describe.each([
  ['made without the key', forgeries],
  ['signed by the right key', wrongContents],
])('a token that was %s', (_how, classes) => {
  it.each(Object.entries(classes))(
    '%s: is refused in the Authorization header, both ways, before any resolver and any store',
    async (_what, make) => {
      const tokens = sendable(make(forger, canaryUrl));
      expect(tokens.length).toBeGreaterThan(0);
      const callsBefore = await storeCalls();
      for (const token of tokens) {
        for (const way of ways) {
          const answer = await ask(token, changesNothing, way);
          expect([token, way, answer]).toMatchObject([token, way, { ...refused, reason: 'TOKEN_INVALID' }]);
          expect(answer.challenge).toMatch(/^Bearer realm="graphql", error="invalid_token"/);
        }
      }
      expect(await storeCalls()).toBe(callsBefore);
      expect(canaryHits).toBe(0);
      await theTokenStillWorks();
    },
    60_000,
  );

  it.each(Object.entries(classes))(
    '%s: is refused as a cookie, is inactive to /introspect, and revokes nothing at /revoke',
    async (_what, make) => {
      const tokens = thinned(make(forger, canaryUrl).filter((token) => token !== ''));
      const asAdmin = { authorization: `Bearer ${admin.accessToken}` };
      for (const token of tokens) {
        const introspected = await sendForm(server, '/introspect', { token }, asAdmin);
        expect([token, introspected.status, introspected.body]).toEqual([token, 200, { active: false }]);
        const revoked = await sendForm(server, '/revoke', { token });
        expect([token, revoked.status, revoked.body]).toEqual([token, 200, {}]);
      }
      for (const token of sendable(tokens).filter((each) => !/[;,"\s]/.test(each))) {
        const cookie = { authorization: '', cookie: `fieldgate-access=${token}`, 'sec-fetch-site': 'same-origin' };
        expect([token, await ask('', changesNothing, '/graphql', cookie)]).toMatchObject([token, refused]);
      }
      expect(canaryHits).toBe(0);
      await theTokenStillWorks();
    },
    60_000,
  );
});

describe('a token signed by the right key, of somebody who is not there', () => {
  const unknown = '0190a0a0-0000-7000-8000-00000000000a';
  it.each<readonly [string, (other: Grant) => Record<string, unknown>, string]>([
    ['T18: an account that does not exist', () => ({ sub: unknown }), 'TOKEN_REVOKED'],
    ['T18: a reserved name as account', () => ({ sub: '__proto__' }), 'TOKEN_REVOKED'],
    ['T18: a session that does not exist', () => ({ sid: unknown }), 'TOKEN_REVOKED'],
    ['T18: the session of somebody else', (other) => ({ sid: other.session.id }), 'TOKEN_REVOKED'],
    ['T18: somebody else in this session', (other) => ({ sub: other.user.id }), 'TOKEN_REVOKED'],
    ['R18: a role that the account does not have', () => ({ role: 'ADMIN' }), 'TOKEN_STALE'],
    ['Z17: a role that does not exist', () => ({ role: 'ROOT' }), 'TOKEN_STALE'],
    ['Z17: the role in another spelling', () => ({ role: 'user' }), 'TOKEN_STALE'],
    ['T08: a token whose time is over', (other) => pastOf(other.accessToken), 'TOKEN_EXPIRED'],
    [
      'T20: a service that does not exist',
      () => ({ sub: unknown, client_id: unknown, sid: undefined, role: undefined }),
      'TOKEN_REVOKED',
    ],
  ])('%s is refused', async (_what, changes, reason) => {
    const token = forger.withPayload(changes(await signup(server)));
    for (const way of ways) {
      expect(await ask(token, changesNothing, way)).toMatchObject({ ...refused, reason });
    }
    const asAdmin = { authorization: `Bearer ${admin.accessToken}` };
    expect((await sendForm(server, '/introspect', { token }, asAdmin)).body).toEqual({ active: false });
    await theTokenStillWorks();
  });

  const pastOf = (token: string) => {
    const { iat } = decode(token.split('.')[1]);
    return { iat: Number(iat) - 2_000, exp: Number(iat) - 1_000 };
  };
});

describe('R19: a token that was revoked', () => {
  it('is refused in every spelling of it, and as the twin that its signature has', async () => {
    const { accessToken } = await signup(server);
    await server.gql('mutation { logout { endedSessions } }', { token: accessToken });
    const revoked = forgerOf(accessToken, forger.keySet);
    for (const token of otherSpellings(revoked, canaryUrl)) {
      expect(await ask(token, '{ me { id } }')).toMatchObject({ ...refused, reason: 'TOKEN_INVALID' });
    }
    for (const token of [accessToken, twinOf(accessToken), revoked.withPayload({ jti: 'another' })]) {
      expect(await ask(token, '{ me { id } }')).toMatchObject({ ...refused, reason: 'TOKEN_REVOKED' });
    }
  });
});

describe('class K: a token that is presented in another way', () => {
  const present = async (headers: Record<string, string>) => {
    const response = await server.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ me { id } }"}',
    });
    const { data, errors } = JSON.parse(await response.text());
    return [response.status, data?.me?.id ?? errors[0].extensions.reason ?? errors[0].extensions.code];
  };

  it.each<readonly [string, (token: string) => Record<string, string>, readonly unknown[]]>([
    ['noClient', () => ({}), [401, 'TOKEN_MISSING']],
    ['as an empty header', () => ({ authorization: '' }), [401, 'TOKEN_MISSING']],
    ['as a scheme alone', () => ({ authorization: 'Bearer' }), [401, 'TOKEN_INVALID']],
    ['as a scheme and a blank', () => ({ authorization: 'Bearer ' }), [401, 'TOKEN_INVALID']],
    ['without a scheme', (token) => ({ authorization: token }), [401, 'TOKEN_MISSING']],
    ['as Basic', (token) => ({ authorization: `Basic ${token}` }), [401, 'TOKEN_MISSING']],
    ['as Token', (token) => ({ authorization: `Token ${token}` }), [401, 'TOKEN_MISSING']],
    ['as JWT', (token) => ({ authorization: `JWT ${token}` }), [401, 'TOKEN_MISSING']],
    ['with a colon', (token) => ({ authorization: `Bearer: ${token}` }), [401, 'TOKEN_MISSING']],
    ['twice after one scheme', (token) => ({ authorization: `Bearer ${token} ${token}` }), [401, 'TOKEN_INVALID']],
    [
      'as two of them',
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
  ])('%s is nobody', async (_what, headers, expected) => {
    expect(await present(headers(grant.accessToken))).toEqual(expected);
  });

  it.each(['bearer', 'BEARER', 'Bearer  ', 'bEaReR'])('as %j it is the same token', async (scheme) => {
    expect(await present({ authorization: `${scheme} ${grant.accessToken}` })).toEqual([200, grant.user.id]);
  });

  it('T12: is no refresh token, and no password', async () => {
    const refresh = 'mutation ($r: String!) { refresh(input: { refreshToken: $r }) { accessToken } }';
    const answer = await server.gql(refresh, { variables: { r: grant.accessToken } });
    expect(answer.codes).toEqual(['REFRESH_TOKEN_INVALID']);
    const form = { grant_type: 'refresh_token', refresh_token: grant.accessToken };
    expect((await sendForm(server, '/token', form)).body.error).toBe('invalid_grant');
  });
});

it('T21: nothing of all this was a fault of the server, and no token is in the log', () => {
  const lines = server.logLines();
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  expect(JSON.stringify(lines)).not.toContain(grant.accessToken.slice(-30));
});
