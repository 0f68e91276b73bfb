import { clientId } from '@fieldgate/guard';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeySet, publicJwks } from '../../../src/crypto/keys.ts';
import { isSigningAlgorithm, signingAlgorithms } from '../../../src/domain/signing-algorithms.ts';
import {
  ada,
  audience,
  decode,
  issuer,
  issuerWith,
  keySetFor,
  now,
  partsOf,
  session,
} from '../../support/forged-tokens.ts';

type Issuer = Awaited<ReturnType<typeof issuerWith>>;
const algorithms = Object.keys(signingAlgorithms).filter(isSigningAlgorithm);

let keySet: KeySet;
let ours: Issuer;
beforeAll(async () => {
  keySet = await keySetFor('ES256');
  ours = await issuerWith(keySet);
});

describe('a fresh access token', () => {
  for (const alg of algorithms) {
    it(`verifies under ${alg} and says what it was issued with`, async () => {
      const { verify, token } = await issuerWith(await keySetFor(alg));
      expect(verify(token)).toEqual({
        kind: 'valid',
        claims: {
          kind: 'account',
          userId: ada,
          sessionId: session,
          tokenId: decode(partsOf(token)[1])['jti'],
          accountVersion: 1,
          clientId: 'fieldgate',
          role: 'USER',
          scopes: ['read', 'write'],
          issuedAt: now,
          expiresAt: now + 900,
        },
      });
    });
  }

  it.each(['RS256', 'PS256', 'ES384', 'ES512'] as const)(
    'of %s, which takes long to sign, does not block the event loop',
    async (alg) => {
      const { tokens } = await issuerWith(await keySetFor(alg));
      const order: string[] = [];
      const issued = tokens
        .issue({ userId: ada, sessionId: session, accountVersion: 1, role: 'USER', scopes: [], now })
        .then(() => order.push('a token'));
      setImmediate(() => order.push('a turn of the event loop'));
      await issued;
      expect(order).toEqual(['a turn of the event loop', 'a token']);
    },
  );

  it('T19: has exactly the header alg, typ and kid, and its kid is in the JWKS', () => {
    const header = decode(ours.header);
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keySet.signing.kid });
    expect(publicJwks(keySet).keys.map(({ kid }) => kid)).toContain(header['kid']);
  });

  it('T19, T20: has exactly the claims of the contract, and nothing else about the person', () => {
    const claims = decode(ours.payload);
    expect(claims).toEqual({
      ...{ iss: issuer, aud: audience, sub: ada, sid: session, jti: claims['jti'], iat: now, exp: now + 900 },
      ...{ client_id: 'fieldgate', role: 'USER', scope: 'read write' },
    });
  });

  it('T19: has a jti of 128 random bits and the version of the account: 10 000 tokens have 10 000', async () => {
    const { tokens } = await issuerWith(await keySetFor('HS256'));
    const input = { userId: ada, sessionId: session, accountVersion: 1, role: 'USER', scopes: [], now };
    const issued = await Promise.all(Array.from({ length: 10_000 }, () => tokens.issue(input)));
    const ids = issued.map(({ jti }) => jti);
    expect(new Set(ids).size).toBe(10_000);
    const parts = ids.map((id) => id.split('.'));
    expect(
      parts.every(([random = '', ...rest]) => Buffer.from(random, 'base64url').length === 16 && `${rest}` === '1'),
    ).toBe(true);
  });

  it('has an empty scope claim without scopes, and refuses a scope that would become two', async () => {
    const input = { userId: ada, sessionId: session, accountVersion: 1, role: 'USER', now };
    const { token } = await ours.tokens.issue({ ...input, scopes: [] });
    expect(decode(partsOf(token)[1])['scope']).toBe('');
    expect(ours.verify(token)).toMatchObject({ kind: 'valid', claims: { scopes: [] } });
    await expect(ours.tokens.issue({ ...input, scopes: ['read admin'] })).rejects.toThrow(TypeError);
  });
});

describe('class L: the right key', () => {
  it('T10: an aud array is accepted if it contains this API, and rejected with anything but strings in it', () => {
    expect(ours.outcome(ours.withPayload({ aud: ['https://other.example.com', audience] }))).toBe('valid');
    expect(ours.outcome(ours.withPayload({ aud: [audience, 1] }))).toBe('TOKEN_INVALID');
    expect(ours.outcome(ours.withPayload({ aud: ['https://other.example.com'] }))).toBe('TOKEN_INVALID');
  });

  it('T12: both types of RFC 9068 §4 are accepted, in any case', () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
      expect(ours.outcome(ours.withHeader({ typ }))).toBe('valid');
    }
  });

  it('T16: a signed payload that is not an object is a malformed token', () => {
    for (const raw of ['null', '[]', '{', '\ufeff{}', Buffer.from([0x7b, 0xff, 0x7d])]) {
      expect(ours.verify(ours.withRawPayload(raw))).toMatchObject({ cause: 'malformed token' });
    }
  });

  it('T12: the right key under another algorithm of its type is rejected', async () => {
    const rsa = await issuerWith(await keySetFor('RS256'));
    for (const alg of ['RS384', 'RS512', 'PS256']) {
      expect(rsa.verify(rsa.withHeader({ alg }))).toMatchObject({ cause: 'unexpected algorithm' });
    }
  });
});

describe('the reason of a rejection', () => {
  it('T21: is TOKEN_EXPIRED only for a validly signed token without another fault', () => {
    const old = { iat: now - 1000, exp: now - 100 };
    const [header, payload] = partsOf(ours.withPayload(old));
    expect(ours.outcome(ours.withPayload(old))).toBe('TOKEN_EXPIRED');
    expect(ours.outcome(`${header}.${payload}.${ours.signature}`)).toBe('TOKEN_INVALID');
    expect(ours.outcome(ours.withPayload({ ...old, aud: 'other' }))).toBe('TOKEN_INVALID');
    expect(ours.outcome(ours.withPayload({ ...old, nbf: now + 60 }))).toBe('TOKEN_INVALID');
  });

  it('T21: disappears with ignoreExpiry for expired tokens, and for no others', async () => {
    const verify = (text: string) => ours.tokens.verify(text, now * 1000, { ignoreExpiry: true }).kind;
    expect(verify(ours.withPayload({ iat: now - 1000, exp: now - 100 }))).toBe('valid');
    expect(verify(ours.withPayload({ iat: now - 1000, exp: now - 100, aud: 'other' }))).toBe('invalid');
    expect(verify(ours.withPayload({ nbf: now + 60 }))).toBe('invalid');
    expect(verify(`${ours.token}A`)).toBe('invalid');
  });
});

describe('the access token of a service', () => {
  const service = clientId('0190a0a0-0000-7000-8000-00000000000c');
  const issued = async () =>
    (await ours.tokens.issueToService({ clientId: service, scopes: ['orders:read'], now })).token;

  it('T19: is its own subject, and has neither session nor role', async () => {
    const token = await issued();
    const claims = decode(partsOf(token)[1]);
    expect(claims).toEqual({
      ...{ iss: issuer, aud: audience, sub: service, jti: claims['jti'], iat: now, exp: now + 900 },
      ...{ client_id: service, scope: 'orders:read' },
    });
    expect(ours.verify(token)).toEqual({
      kind: 'valid',
      claims: {
        ...{ kind: 'service', clientId: service, tokenId: claims['jti'], scopes: ['orders:read'] },
        ...{ issuedAt: now, expiresAt: now + 900 },
      },
    });
  });

  it.each([
    ['a subject that is not the client', { sid: undefined, role: undefined }],
    ['a session and no role', { role: undefined }],
    ['a role and no session', { sid: undefined }],
    ['a role and the client as subject', { sub: 'fieldgate', sid: undefined }],
    ['a session and the client as subject', { sub: 'fieldgate', role: undefined }],
    ['an empty session and role', { sub: 'fieldgate', sid: '', role: '' }],
    ['null for both', { sub: 'fieldgate', sid: null, role: null }],
  ])('T20: with %s a token is invalid, however well signed', (_what, changes) => {
    expect(ours.outcome(ours.withPayload(changes))).toBe('TOKEN_INVALID');
  });
});
