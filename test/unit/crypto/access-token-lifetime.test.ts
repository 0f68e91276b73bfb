import { beforeAll, describe, expect, it } from 'vitest';
import { generateKey, type KeySet, parseKeySet } from '../../../src/crypto/keys.ts';
import { ada, issuerWith, type Json, keySetFor, now, session } from '../../support/forged-tokens.ts';

let keySet: KeySet;
let ours: Awaited<ReturnType<typeof issuerWith>>;
beforeAll(async () => {
  keySet = await keySetFor('ES256');
  ours = await issuerWith(keySet);
});

describe('time', () => {
  const at = (times: Json) => ours.outcome(ours.withPayload(times));

  it('T08: a token is accepted until the leeway after its exp, and not a moment longer', () => {
    expect(ours.outcome(ours.token, now + 900)).toBe('valid');
    expect(ours.outcome(ours.token, now + 904.999)).toBe('valid');
    expect(ours.outcome(ours.token, now + 905)).toBe('TOKEN_EXPIRED');
  });

  it('T08: without leeway a token whose exp is now is expired', async () => {
    const strict = await issuerWith(keySet, { leewaySeconds: 0 });
    expect(strict.outcome(strict.token, now + 899)).toBe('valid');
    expect(strict.outcome(strict.token, now + 900)).toBe('TOKEN_EXPIRED');
  });

  it('T08: a token that expires at the start of time is expired at the start of time', () => {
    expect(ours.outcome(ours.withPayload({ iat: -20, exp: -10 }), 0)).toBe('TOKEN_EXPIRED');
  });

  it('T08: a lifetime of the configured maximum is accepted, and one second more is rejected', async () => {
    const bounded = await issuerWith(keySet, { maxTtlSeconds: 3600 });
    expect(bounded.outcome(bounded.withPayload({ exp: now + 3600 }))).toBe('valid');
    expect(bounded.outcome(bounded.withPayload({ exp: now + 3601 }))).toBe('TOKEN_INVALID');
  });

  it('T09: an iat or nbf beyond the leeway is rejected', () => {
    expect([at({ iat: now + 6 }), at({ nbf: now + 6 })]).toEqual(['TOKEN_INVALID', 'TOKEN_INVALID']);
  });

  it('T09: an nbf between two seconds counts as the later one', () => {
    const token = ours.withPayload({ nbf: now + 5.5 });
    expect([ours.outcome(token, now + 0.999), ours.outcome(token, now + 1)]).toEqual(['TOKEN_INVALID', 'valid']);
  });

  it('T09: iat and nbf within the leeway are accepted', () => {
    expect(ours.outcome(ours.withPayload({ iat: now + 5, nbf: now + 5, exp: now + 900 }))).toBe('valid');
  });

  it('a leeway above 60 s, an empty issuer and a lifetime above the maximum are refused at creation', async () => {
    for (const options of [
      { leewaySeconds: 61 },
      { leewaySeconds: Number.NaN },
      { issuer: '' },
      { maxTtlSeconds: 60 },
    ]) {
      await expect(issuerWith(keySet, options)).rejects.toThrow(RangeError);
    }
  });
});

describe('the cache of verified tokens', () => {
  it('checks the time at every use: a token that was accepted expires', () => {
    expect(ours.outcome(ours.token, now)).toBe('valid');
    expect(ours.outcome(ours.token, now + 10_000)).toBe('TOKEN_EXPIRED');
    expect(ours.outcome(ours.token, now)).toBe('valid');
  });

  it('checks the keys at every use: a token whose key was removed is rejected at once, and accepted when the key is back', async () => {
    const both = parseKeySet({ keys: [await generateKey('ES256'), await generateKey('ES256')] });
    const [kid = ''] = both.verification.keys();
    const without = { ...both, verification: new Map([...both.verification].filter(([name]) => name !== kid)) };
    const keys: { current: KeySet } = { current: both };
    const { outcome, token } = await issuerWith(both, { keys });
    expect(outcome(token)).toBe('valid');
    keys.current = without;
    expect(outcome(token)).toBe('TOKEN_INVALID');
    keys.current = both;
    expect(outcome(token)).toBe('valid');
  });

  it('compares the exact text: no other encoding of an accepted token is accepted', () => {
    expect(ours.outcome(ours.token)).toBe('valid');
    expect(ours.outcome(`${ours.token}=`)).toBe('TOKEN_INVALID');
  });

  it('cannot be changed through the claims it returned', () => {
    const verification = ours.verify(ours.token);
    const claims = verification.kind === 'valid' ? verification.claims : null;
    expect(Object.isFrozen(claims) && Object.isFrozen(claims?.scopes)).toBe(true);
  });

  it('saves the signature check, and evicts beyond its size without a wrong result', async () => {
    const small = await issuerWith(keySet, { cacheSize: 4 });
    const input = { userId: ada, sessionId: session, accountVersion: 1, role: 'USER', scopes: [], now };
    const many = await Promise.all(Array.from({ length: 20 }, () => small.tokens.issue(input)));
    for (const { token } of [...many, ...many]) expect(small.outcome(token)).toBe('valid');
    expect(small.verify(small.token)).toEqual(small.verify(small.token));
  });
});
