import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { KeyError, thumbprint } from '../../../src/crypto/jwk.ts';
import { generateKey, keySetFromSecret, parseKeySet, publicJwks } from '../../../src/crypto/keys.ts';
import { Secret } from '../../../src/domain/secret.ts';
import {
  isSigningAlgorithm,
  type SigningAlgorithm,
  signingAlgorithms,
} from '../../../src/domain/signing-algorithms.ts';

const algorithms = Object.keys(signingAlgorithms).filter(isSigningAlgorithm);
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** The message a key set is refused with; fails if it is accepted, or if the message holds a part of a key. */
const refusal = (keys: unknown, alg?: SigningAlgorithm): string => {
  const jwks = { keys };
  try {
    parseKeySet(jwks, alg);
  } catch (error) {
    expect(error).toBeInstanceOf(KeyError);
    const message = String(error);
    for (const [, text] of JSON.stringify(keys).matchAll(/"(?:d|p|q|dp|dq|qi|k)":"([^"]+)"/g)) {
      expect(message).not.toContain(text);
    }
    return message;
  }
  throw new Error('the key set was accepted');
};

const rsa = (modulusLength: number, publicExponent = 65_537): JsonWebKey =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey.export({ format: 'jwk' });

describe('a generated key', () => {
  for (const alg of algorithms) {
    it(`for ${alg} makes a key set, with kid, alg and use`, async () => {
      const jwk = await generateKey(alg);
      expect(jwk).toMatchObject({ alg, use: 'sig', kty: signingAlgorithms[alg].kty });
      const { signing, verification } = parseKeySet({ keys: [jwk] });
      expect(signing).toMatchObject({ kid: jwk['kid'], alg });
      expect([...verification.keys()]).toEqual([jwk['kid']]);
    });
  }

  it('is named by the thumbprint of RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(thumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });
});

describe('T07: an invalid key set', () => {
  let key: JsonWebKey;
  let other: JsonWebKey;
  beforeAll(async () => {
    [key, other] = [await generateKey('ES256'), await generateKey('ES256')];
  });

  const rsaKey = rsa(2048);
  const publicPart = ({ kty, crv, x, y, n, e }: JsonWebKey): JsonWebKey =>
    JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }));

  it('anything that is not a JWK Set with keys is rejected', () => {
    for (const jwks of [null, [], 'x', 1, {}, { keys: {} }, { keys: [] }, { keys: [null] }, { keys: ['x'] }]) {
      expect(() => parseKeySet(jwks, 'ES256')).toThrow(KeyError);
    }
  });

  it('RSA below 2048 bits is rejected', () =>
    expect(refusal([{ ...rsa(1024), kid: 'short' }], 'RS256')).toContain('"short"'));

  it('an RSA exponent of 1 is rejected: anyone can sign under it', () => {
    const { kty, n } = rsa(2048);
    for (const e of ['AQ', 'Ag', 'AA', 'AQAA']) refusal([rsaKey, { kty, n, e }], 'RS256');
  });

  it('an exponent of 3 is accepted', () =>
    expect(parseKeySet({ keys: [rsa(2048, 3)] }, 'RS256').signing.alg).toBe('RS256'));

  it('a curve that is not the one of the algorithm is rejected', async () => {
    const onP384 = { ...(await generateKey('ES384')), alg: 'ES256' };
    const onSecp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ format: 'jwk' });
    expect(refusal([onP384])).toContain('curve');
    expect(refusal([onSecp256k1], 'ES256')).toContain('curve');
  });

  it('a use other than sig is rejected', () => {
    for (const use of ['enc', '', 'SIG', null, ['sig']]) expect(refusal([{ ...key, use }])).toContain('use');
  });

  it('key_ops without verify, or without sign on a private key, are rejected', () => {
    for (const ops of [[], ['sign'], ['verify'], ['encrypt'], 'verify', null]) refusal([{ ...key, key_ops: ops }]);
    refusal([key, { ...publicPart(other), alg: 'ES256', key_ops: ['sign'] }]);
    const accepted = [
      { ...key, key_ops: ['sign', 'verify'] },
      { ...publicPart(other), key_ops: ['verify'] },
    ];
    expect(parseKeySet({ keys: accepted }, 'ES256').verification.size).toBe(2);
  });

  it('a kid or a key that occurs twice is rejected', () => {
    expect(
      refusal([
        { ...key, kid: 'a' },
        { ...other, kid: 'a' },
      ]),
    ).toContain('"a"');
    expect(
      refusal([
        { ...key, kid: 'a' },
        { ...key, kid: 'b' },
      ]),
    ).toContain('"b"');
  });

  it('keys of different families are rejected', async () => {
    for (const alg of ['RS256', 'HS256'] as const) expect(refusal([key, await generateKey(alg)])).toContain('mixes');
  });

  it('a first key without a private part is rejected, a later one verifies', () => {
    expect(refusal([{ ...publicPart(key), alg: 'ES256' }, other])).toContain('no private part');
    expect(parseKeySet({ keys: [other, publicPart(key)] }, 'ES256').verification.size).toBe(2);
  });

  it('a first key for another algorithm than the one to sign with is rejected', () => {
    expect(refusal([key], 'ES384')).toContain('ES256');
  });

  it('a key without an algorithm, where there is no default, is rejected', () => {
    expect(refusal([{ ...key, alg: undefined }])).toContain('alg');
  });

  it('an unknown alg or kty, or one that does not fit the other, is rejected', async () => {
    const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    for (const alg of ['none', 'es256', 'EdDSA', '', null, 1, ['ES256'], 'toString', '__proto__', 'RS256', 'HS256']) {
      refusal([{ ...key, alg }], 'ES256');
    }
    for (const kty of ['OKP', 'ec', 'RSA', 'oct', '', null, undefined]) refusal([{ ...key, kty }]);
    refusal([ed25519], 'ES256');
  });

  it('a private part that belongs to another key, is broken or is incomplete is rejected', () => {
    refusal([{ ...key, d: other.d }]);
    for (const d of ['', 'AAAA', '!', 1, null]) refusal([{ ...key, d }]);
    refusal([{ ...rsaKey, p: undefined }], 'RS256');
    refusal([{ ...rsaKey, n: rsa(2048).n }], 'RS256');
  });

  it('a point that is not on its curve is rejected', () => refusal([{ ...key, x: other.x }]));

  it('a kid that is not a string, empty or too long is rejected', () => {
    for (const kid of ['', 1, null, {}, 'x'.repeat(257)]) expect(refusal([{ ...key, kid }])).toContain('kid');
  });

  it('an empty or short HMAC key, or one that is not base64url, is rejected', () => {
    const k = (bytes: number) =>
      Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 37) % 251)).toString('base64url');
    for (const value of ['', k(31), `${k(32)}=`, `${k(33)}+`, 1, null]) refusal([{ kty: 'oct', k: value }], 'HS256');
    expect(parseKeySet({ keys: [{ kty: 'oct', k: k(32) }] }, 'HS256').signing.alg).toBe('HS256');
  });
});

describe('T06: a shared secret', () => {
  const text = 'kZ8vQ1mXr7Tn4LwYc9Bd2FhJs5Gp6AeUiOq3RzVx0NtKyCbEaWfDgHjMlPoSuIv1';

  for (const [alg, least] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const) {
    it(`for ${alg} has at least ${least} bytes`, () => {
      expect(keySetFromSecret(new Secret(text.slice(0, least)), alg).signing.alg).toBe(alg);
      expect(() => keySetFromSecret(new Secret(text.slice(0, least - 1)), alg)).toThrow(`${least} bytes`);
    });
  }

  const placeholders = [
    '',
    'secret',
    'shhhhh',
    'your-256-bit-secret',
    'your-512-bit-secret'.padEnd(64, '-secret'),
    'a-string-secret-at-least-256-bits-long',
    'a-string-secret-at-least-512-bits-long-which-is-very-long-indeed-yes',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
    'CHANGE_ME_CHANGE_ME_PLEASE_BEFORE_PRODUCTION',
    'change-this-to-a-long-random-string-of-text',
    'replace-me-with-something-long-and-random-ok',
    'supersecretsupersecretbutlonger12345678',
    'a'.repeat(64),
    'password'.repeat(8),
    '0123456789abcdef'.repeat(4),
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
  ];
  for (const placeholder of placeholders) {
    it(`is not ${JSON.stringify(placeholder)}`, () => {
      expect(() => keySetFromSecret(new Secret(placeholder), 'HS256')).toThrow(KeyError);
      const bytes = { kty: 'oct', k: Buffer.from(placeholder).toString('base64url') };
      refusal([bytes], 'HS256');
    });
  }

  it('is not the example key of RFC 7515 in its binary form either', () => {
    const k = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
    expect(refusal([{ kty: 'oct', k }], 'HS512')).toContain('placeholder');
  });

  it('is rejected for an algorithm that does not use one, and never quoted', () => {
    expect(() => keySetFromSecret(new Secret(text), 'ES256')).toThrow(KeyError);
    expect(() => keySetFromSecret(new Secret(text), 'ES256')).not.toThrow(text);
  });

  it('has a kid of 64 bits, the same for the same secret', () => {
    const kid = (secret: string) => keySetFromSecret(new Secret(secret), 'HS256').signing.kid;
    expect(kid(text)).toBe(kid(text));
    expect(kid(text)).not.toBe(kid(`${text}x`));
    expect(Buffer.from(kid(text), 'base64url')).toHaveLength(8);
  });
});

describe('the public JWKS', () => {
  for (const alg of ['RS256', 'PS384', 'ES256', 'ES512'] as const) {
    it(`T03, J01: for ${alg} has public members only, with kid, alg and use`, async () => {
      const keySet = parseKeySet({ keys: [await generateKey(alg), await generateKey(alg)] });
      const { keys } = publicJwks(keySet);
      expect(keys.map((key) => key['kid'])).toEqual([...keySet.verification.keys()]);
      for (const key of keys) {
        expect(key).toMatchObject({ alg, use: 'sig' });
        expect(Object.keys(key).filter((member) => secretMembers.includes(member))).toEqual([]);
      }
    });
  }

  it('T03: for HS* is empty', async () => {
    expect(publicJwks(parseKeySet({ keys: [await generateKey('HS256')] }))).toEqual({ keys: [] });
  });
});
