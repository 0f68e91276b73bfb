import { createSecretKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { issuerWith, keySetFor, signature } from '../../support/forged-tokens.ts';
import { forgeries, hostileBytes, otherSpellings, twinOf, wrongContents } from '../../support/token-attacks.ts';

/** Each class of attack against a server that signs with RS256 and one that signs with ES256. */
const subjects = [{ alg: 'RS256' }, { alg: 'ES256' }] as const;
const noClient = 'http://127.0.0.1:9/jwks.json';

describe.each(subjects)('against $alg', ({ alg }) => {
  let ours: Awaited<ReturnType<typeof issuerWith>>;
  beforeAll(async () => {
    ours = await issuerWith(await keySetFor(alg));
  });

  const refuse = (texts: readonly string[]): void => {
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect([text, ours.outcome(text)]).toEqual([text, 'TOKEN_INVALID']);
    expect(ours.outcome(ours.token)).toBe('valid');
  };

  it.each(Object.entries(forgeries))('%s: is rejected', (_what, forge) => refuse(forge(ours, noClient)));

  it.each(Object.entries(wrongContents))('class L, %s: is rejected although the right key signed it', (_what, make) =>
    refuse(make(ours, noClient)),
  );

  it('T16: class I, hostile bytes are a malformed token and never throw', () => {
    for (const text of hostileBytes(ours, noClient)) {
      const cause = text.length > 8192 ? 'oversized token' : 'malformed token';
      expect(ours.verify(text)).toEqual({ kind: 'invalid', reason: 'TOKEN_INVALID', cause });
    }
    expect(ours.verify(`${ours.token}=`)).toMatchObject({ cause: 'malformed token' });
  });

  it('T15: class J, every other encoding of every part is rejected', () => {
    expect(otherSpellings(ours, noClient)).toHaveLength(3 * 63);
  });

  it('T17: a token above 8 KB is rejected without being decoded, and one of 6 KB is read', () => {
    const long = ours.withPayload({ padding: 'x'.repeat(9000) });
    expect(ours.verify(long)).toMatchObject({ cause: 'oversized token' });
    expect(ours.outcome(ours.withPayload({ padding: 'x'.repeat(4000) }))).toBe('valid');
  });
});

describe('a signature that only looks right', () => {
  it('T06: with an HS256 server a token signed with an empty key is rejected', async () => {
    const ours = await issuerWith(await keySetFor('HS256'));
    const input = `${ours.header}.${ours.payload}`;
    for (const secret of [Buffer.alloc(0), Buffer.from('\0'), Buffer.from('undefined')]) {
      expect(ours.outcome(`${input}.${signature('HS256', createSecretKey(secret), input)}`)).toBe('TOKEN_INVALID');
    }
  });

  it('class J: the twin of an ES256 signature is valid, and has the same jti, sub and sid as the token it copies', async () => {
    const ours = await issuerWith(await keySetFor('ES256'));
    const copy = twinOf(ours.token);
    expect(copy).not.toBe(ours.token);
    expect(ours.verify(copy)).toEqual(ours.verify(ours.token));
  });
});
