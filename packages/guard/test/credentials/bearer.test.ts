import {
  type Authentication,
  type BearerOptions,
  type BearerVerification,
  bearer,
  type CredentialSource,
  clientId,
  GuardError,
  sessionId,
  userId,
} from '@fieldgate/guard';
import { presentedBearer } from '@fieldgate/guard/server';
import { describe, expect, it } from 'vitest';
import { quickest } from '../stopwatch.ts';

const claims = { userId: userId('ada'), sessionId: sessionId('s1'), role: 'USER', scopes: ['read'], expiresAt: 900 };
const viewer = {
  kind: 'account',
  id: 'ada',
  role: 'USER',
  scopes: ['read'],
  sessionId: 's1',
  via: 'bearer',
  expiresAt: 900,
};
const ada = {
  id: claims.userId,
  email: 'ada@example.com',
  name: 'Ada',
  role: 'USER',
  createdAt: 1,
  disabledAt: null,
  version: 1,
};
const accepted = { kind: 'accepted', viewer };
const rejected = (reason: string) => ({ kind: 'rejected', reason });

const verify = (token: string): BearerVerification => {
  if (token === 'good') return { kind: 'valid', claims };
  return { kind: 'invalid', reason: token === 'old' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID' };
};

const sourceOf = (authorization: string | null): CredentialSource => ({
  header: (name) => (name === 'authorization' ? authorization : null),
});

const ask = (
  authorization: string | null,
  options: Partial<BearerOptions> = {},
): Authentication | Promise<Authentication> =>
  bearer({ verify, checkSession: () => ({ kind: 'live', role: 'USER' }), ...options })(sourceOf(authorization));

describe('class K: how a bearer token is presented', () => {
  const table: readonly (readonly [string | null, unknown])[] = [
    ...[
      null,
      '',
      ' ',
      '\t',
      'Basic Z29vZA==',
      'Token good',
      'good',
      'Digest username="a b", realm="x y"',
      'Bearer:good',
      '=',
      '"',
    ].map((header) => [header, { kind: 'absent' }] as const),
    ...['Bearer good', 'bearer good', 'BEARER good', 'Bearer   good', 'Bearer\tgood', ' Bearer good '].map(
      (header) => [header, accepted] as const,
    ),
    ...[
      'Bearer',
      'Bearer ',
      'Bearer bad',
      'Bearer good,',
      'Bearer good,good',
      'Bearer good good',
      'Bearer "good"',
      'Bearer good, Bearer',
    ].map((header) => [header, rejected('TOKEN_INVALID')] as const),
    ['Bearer old', rejected('TOKEN_EXPIRED')],
    ...[
      'Bearer good, Bearer good',
      'Bearer good,Bearer other',
      'Basic Z29vZA==, Bearer good',
      'Bearer good, Basic Z29vZA==',
      'Bearer, Bearer good',
    ].map((header) => [header, { kind: 'ambiguous' }] as const),
  ];
  for (const [header, expected] of table) {
    const outcome = JSON.stringify(expected).includes('viewer') ? 'accepted' : JSON.stringify(expected);
    it(`T22, Z14: ${JSON.stringify(header)} is ${outcome}`, () => expect(ask(header)).toEqual(expected));
  }

  it('Z13: no header but Authorization carries a bearer token', () => {
    const others: CredentialSource = { header: (name) => (name === 'authorization' ? null : 'Bearer good') };
    expect(bearer({ verify })(others)).toEqual({ kind: 'absent' });
  });

  it('a long header is parsed in linear time', async () => {
    for (const text of [' '.repeat(16_000), ','.repeat(16_000), ', a'.repeat(5000), `Bearer${'\t'.repeat(16_000)},`]) {
      expect(await quickest(() => ask(`x${text}=`))).toBeLessThan(100);
    }
  });
});

describe('the session check of a bearer token', () => {
  it('adds the account that the store returned to the viewer', () => {
    expect(ask('Bearer good', { checkSession: () => ({ kind: 'live', role: 'USER', account: ada }) })).toEqual({
      kind: 'accepted',
      viewer: { ...viewer, account: ada },
    });
  });

  const table = [
    ['live with the same role', { kind: 'live', role: 'USER' }, accepted],
    ['live with a lower or higher role', { kind: 'live', role: 'ADMIN' }, rejected('TOKEN_STALE')],
    ['Z17: live with a role in another case', { kind: 'live', role: 'user' }, rejected('TOKEN_STALE')],
    ['ended', { kind: 'ended' }, rejected('TOKEN_REVOKED')],
  ] as const;
  for (const [name, status, expected] of table) {
    it(`R12, R18: ${name}: ${expected.kind}, at once and later alike`, async () => {
      expect(ask('Bearer good', { checkSession: () => status })).toEqual(expected);
      const later = ask('Bearer good', { checkSession: () => Promise.resolve(status) });
      expect(later).toBeInstanceOf(Promise);
      expect(await later).toEqual(expected);
    });
  }

  it('is called with the account and session of a valid token, and for no other token', () => {
    const asked: unknown[] = [];
    const status: BearerOptions['checkSession'] = (user, session) => {
      asked.push([user, session]);
      return { kind: 'live', role: 'USER' };
    };
    for (const header of ['Bearer good', 'Bearer bad', 'Bearer old', 'Basic good', null])
      ask(header, { checkSession: status });
    expect(asked).toEqual([['ada', 's1']]);
  });

  it('L05: rejects when the store is unavailable, and never returns an authentication then', async () => {
    const down = new GuardError('SERVICE_UNAVAILABLE');
    await expect(ask('Bearer good', { checkSession: () => Promise.reject(down) })).rejects.toBe(down);
  });

  it('is optional: without it a valid token is accepted', () => {
    expect(bearer({ verify })(sourceOf('Bearer good'))).toEqual(accepted);
  });

  it('rejects a token without a session, because nothing could say that it was not revoked', () => {
    const sessionless = (): BearerVerification => ({
      kind: 'valid',
      claims: { ...claims, sessionId: null, expiresAt: null },
    });
    expect(ask('Bearer good', { verify: sessionless })).toEqual(rejected('TOKEN_INVALID'));
    expect(bearer({ verify: sessionless })(sourceOf('Bearer good'))).toMatchObject({
      kind: 'accepted',
      viewer: { sessionId: null },
    });
  });

  it('waits for an asynchronous verification', async () => {
    expect(await ask('Bearer good', { verify: async (token) => verify(token) })).toEqual(accepted);
  });
});

describe('the presented bearer token', () => {
  it('is the text after the scheme, not verified, and null if there is none or more than one', () => {
    const table = {
      'Bearer bad': 'bad',
      'bearer old': 'old',
      Bearer: null,
      'Basic x': null,
      'Bearer a, Bearer b': null,
      '': null,
    };
    for (const [header, expected] of Object.entries(table)) expect(presentedBearer(sourceOf(header))).toBe(expected);
    expect(presentedBearer(sourceOf(null))).toBeNull();
  });
});

describe('the token of a service', () => {
  const service = clientId('till');
  const verifyService = (): BearerVerification => ({
    kind: 'valid',
    claims: { kind: 'service', clientId: service, tokenId: 'j1', scopes: ['orders:read'], expiresAt: 900 },
  });
  const askAsService = (options: Partial<BearerOptions> = {}) =>
    bearer({ verify: verifyService, ...options })(sourceOf('Bearer good'));
  const viewer = { kind: 'service', id: 'till', scopes: ['orders:read'], via: 'bearer', expiresAt: 900 };

  it('is accepted as a service without account, role or session', () => {
    expect(askAsService()).toEqual({ kind: 'accepted', viewer });
  });

  it('R21: is rejected once it or its client was deleted, and is checked by client and token id', async () => {
    const asked: unknown[] = [];
    const answer = (isLive: boolean) =>
      askAsService({
        checkServiceToken: (...names) => {
          asked.push(names);
          return isLive;
        },
      });
    expect([answer(true), answer(false)]).toEqual([{ kind: 'accepted', viewer }, rejected('TOKEN_REVOKED')]);
    expect(asked).toEqual(Array(2).fill(['till', 'j1']));
    expect(await askAsService({ checkServiceToken: () => Promise.resolve(false) })).toEqual(rejected('TOKEN_REVOKED'));
  });

  it('is rejected where sessions are checked and service tokens are not', () => {
    expect(askAsService({ checkSession: () => ({ kind: 'live', role: 'USER' }) })).toEqual(rejected('TOKEN_INVALID'));
  });
});
