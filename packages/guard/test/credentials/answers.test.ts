import {
  type Authentication,
  type Authenticator,
  admit,
  apiKey,
  apiKeyId,
  basic,
  bearer,
  type CredentialSource,
  cookie,
  type OnFault,
  sessionId,
  userId,
} from '@fieldgate/guard';
import { parse } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { schemaOf } from '../authorization/fixture.ts';

const holder = { userId: userId('ada'), role: 'USER', scopes: ['*'] };
const claims = { ...holder, sessionId: sessionId('s1'), expiresAt: null };
const keyClaims = { ...holder, keyId: apiKeyId('k1'), expiresAt: null };
const valid = { kind: 'valid', claims };

/** A query of a database library: not a promise, but `await` runs it. */
const queryOf = (value: unknown): object => {
  const run = (use: (value: unknown) => void) => use(value);
  return Object.defineProperty(() => undefined, 'then', { value: run });
};

const headers: Readonly<Record<string, string>> = {
  'x-api-key': 'key',
  cookie: 'access=token',
};
const sourceWith = (authorization?: string): CredentialSource => ({
  header: (name) => (name === 'authorization' ? (authorization ?? null) : (headers[name] ?? null)),
});

type Adapter = (answer: unknown, onFault?: OnFault) => Promise<Authentication>;

const authenticateBy = async (make: (answer: never) => Authenticator, answer: unknown, authorization?: string) =>
  make((() => answer) as never)(sourceWith(authorization));

const adapters: Readonly<Record<string, Adapter>> = {
  'basic: verify': (answer, onFault) =>
    authenticateBy((verify) => basic({ verify, onFault }), answer, `Basic ${btoa('ada:secret')}`),
  'apiKey: verify': (answer, onFault) => authenticateBy((verify) => apiKey({ verify, onFault }), answer),
  'bearer: verify': (answer, onFault) =>
    authenticateBy(
      (verify) => bearer({ verify, checkSession: null, checkServiceToken: null, onFault }),
      answer,
      'Bearer t',
    ),
  'bearer: checkSession': (answer, onFault) =>
    authenticateBy(
      (checkSession) => bearer({ verify: () => valid as never, checkSession, checkServiceToken: null, onFault }),
      answer,
      'Bearer t',
    ),
  'bearer: checkServiceToken': (answer, onFault) => {
    const service = { kind: 'service', clientId: 'c', tokenId: 't', scopes: [], expiresAt: null };
    return authenticateBy(
      (checkServiceToken) =>
        bearer({
          verify: () => ({ kind: 'valid', claims: service }) as never,
          checkSession: null,
          checkServiceToken,
          onFault,
        }),
      answer,
      'Bearer t',
    );
  },
  'cookie: mayUseCookies': (answer, onFault) =>
    authenticateBy(
      (mayUseCookies) =>
        cookie({ name: 'access', verify: () => valid as never, checkSession: null, mayUseCookies, onFault }),
      answer,
    ),
};
const adapterNamed = (name: string): Adapter => adapters[name] ?? (() => Promise.reject(new Error(name)));

const good: Readonly<Record<string, unknown>> = {
  'basic: verify': holder,
  'apiKey: verify': { kind: 'valid', claims: keyClaims },
  'bearer: verify': valid,
  'bearer: checkSession': { kind: 'live', role: 'USER' },
  'bearer: checkServiceToken': true,
  'cookie: mayUseCookies': true,
};

const nothings = [undefined, '', 0, 1, 'yes', [], {}, Symbol('yes'), () => true, NaN];
const withClaims = (wrong: object, from: object = claims) => ({ kind: 'valid', claims: { ...from, ...wrong } });
const wrongHolders = [
  { scopes: 'unread:a' },
  { scopes: undefined },
  { scopes: ['read', 1] },
  { scopes: new Set(['read']) },
  { role: undefined },
  { role: ['ADMIN'] },
  { userId: '' },
  { userId: 7 },
];
const bad: Readonly<Record<string, readonly unknown[]>> = {
  'basic: verify': [...nothings, false, true, ...wrongHolders.map((wrong) => ({ ...holder, ...wrong }))],
  'apiKey: verify': [
    ...nothings,
    null,
    true,
    { kind: 'revoked', claims: keyClaims },
    { claims: keyClaims },
    { kind: 'invalid' },
    { kind: 'invalid', reason: 'GONE' },
    { kind: 'valid' },
    ...wrongHolders.map((wrong) => withClaims(wrong, keyClaims)),
    withClaims({ keyId: undefined }, keyClaims),
    withClaims({ expiresAt: '2099-01-01' }, keyClaims),
  ],
  'bearer: verify': [
    ...nothings,
    null,
    true,
    claims,
    { kind: 'expired', claims },
    ...wrongHolders.map((wrong) => withClaims(wrong)),
    withClaims({ kind: 'admin' }),
    withClaims({ sessionId: '' }),
    withClaims({ accountVersion: '1' }),
    withClaims({ expiresAt: Date.parse('2099-01-01') * 10 }),
    withClaims({ kind: 'service', clientId: 'c' }),
  ],
  'bearer: checkSession': [...nothings, null, false, true, { kind: 'live' }, { kind: 'gone', role: 'USER' }],
  'bearer: checkServiceToken': [...nothings, null, { kind: 'live' }],
  'cookie: mayUseCookies': [...nothings, null, 'false'],
};

describe('G6: what the functions of an adapter return is checked by its shape', () => {
  it.each(Object.keys(good))(
    '%s: an answer of the right shape is accepted, also from a promise or a query',
    async (name) => {
      const onFault = vi.fn();
      for (const answer of [good[name], Promise.resolve(good[name]), queryOf(good[name])]) {
        expect(await adapterNamed(name)(answer, onFault)).toMatchObject({ kind: 'accepted' });
      }
      expect(onFault).not.toHaveBeenCalled();
    },
  );

  it.each(Object.entries(bad).flatMap(([name, answers]) => answers.map((answer) => [name, answer] as const)))(
    '%s: %o is rejected and reported, at once or later',
    async (name, answer) => {
      const reason = name === 'cookie: mayUseCookies' ? 'ORIGIN' : 'TOKEN_INVALID';
      for (const given of [answer, Promise.resolve(answer), queryOf(answer)]) {
        const onFault = vi.fn();
        expect(await adapterNamed(name)(given, onFault)).toMatchObject({ kind: 'rejected', reason });
        expect(onFault.mock.calls).toEqual([[{ message: expect.any(String) }, undefined]]);
        expect(onFault.mock.calls[0]?.[0].message).toContain(`${name} returned something that is not understood`);
      }
    },
  );

  it.each([
    ['basic: verify', null, 'TOKEN_INVALID'],
    ['apiKey: verify', { kind: 'invalid', reason: 'TOKEN_REVOKED' }, 'TOKEN_REVOKED'],
    ['bearer: verify', { kind: 'invalid', reason: 'TOKEN_EXPIRED' }, 'TOKEN_EXPIRED'],
    ['bearer: checkSession', { kind: 'ended' }, 'TOKEN_REVOKED'],
    ['bearer: checkServiceToken', false, 'TOKEN_REVOKED'],
    ['cookie: mayUseCookies', false, 'ORIGIN'],
  ])('%s: %o is a rejection and no fault, also from a promise or a query', async (name, answer, reason) => {
    const onFault = vi.fn();
    for (const given of [answer, Promise.resolve(answer), queryOf(answer)]) {
      expect(await adapterNamed(name)(given, onFault)).toMatchObject({ kind: 'rejected', reason });
    }
    expect(onFault).not.toHaveBeenCalled();
  });

  it('nobody who is told of a fault can change the rejection, and without anybody it is logged', async () => {
    const broken = [
      () => {
        throw new Error('no log');
      },
      () => Promise.reject(new Error('no log')),
    ];
    for (const onFault of broken) {
      expect(await adapterNamed('basic: verify')(false, onFault)).toMatchObject({ kind: 'rejected' });
    }
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await adapterNamed('basic: verify')(false)).toMatchObject({ kind: 'rejected' });
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });
});

describe('G6: what an authenticator returns is checked too', () => {
  const schema = schemaOf('type Query { a: Int @auth(scopes: [["read:a"]]) }');
  const viewer = {
    kind: 'account',
    id: userId('ada'),
    role: 'USER',
    scopes: ['read:a'],
    sessionId: null,
    via: 'x',
    expiresAt: null,
  };
  const admitWith = async (answer: unknown) =>
    admit({
      schema,
      document: parse('{ a }'),
      contextValue: {},
      source: sourceWith(),
      authenticate: (() => answer) as never,
    });

  it('an accepted viewer of the right shape runs', async () => {
    expect(await admitWith({ kind: 'accepted', viewer })).toMatchObject({ kind: 'run' });
    expect(await admitWith(queryOf({ kind: 'accepted', viewer }))).toMatchObject({ kind: 'run' });
  });

  it.each([
    undefined,
    null,
    true,
    viewer,
    { kind: 'ok', viewer },
    { kind: 'accepted' },
    { kind: 'accepted', viewer: { kind: 'anonymous' } },
    { kind: 'accepted', viewer: { ...viewer, scopes: 'unread:a' } },
    { kind: 'accepted', viewer: { ...viewer, id: null } },
    { kind: 'accepted', viewer: { ...viewer, role: undefined } },
    { kind: 'rejected' },
    { kind: 'rejected', reason: 'OLD' },
  ])('%o is a bug, and nothing runs', async (answer) => {
    for (const given of [answer, Promise.resolve(answer), queryOf(answer)]) {
      await expect(admitWith(given)).rejects.toThrow('authenticate returned something that is not understood');
    }
  });
});
