import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeySet } from '../../../src/crypto/keys.ts';
import { createRefreshToken } from '../../../src/crypto/refresh-token.ts';
import type { SigningAlgorithm } from '../../../src/crypto/signing-algorithms.ts';
import {
  ada,
  decode,
  encode,
  issuerWith,
  type Json,
  keySetFor,
  now,
  session,
  signature,
  signed,
} from './forged-tokens.ts';

/** Each class of attack against a server that signs with RS256 and one that signs with ES256. */
const subjects = [{ alg: 'RS256' }, { alg: 'ES256' }] as const;

describe.each(subjects)('against $alg', ({ alg }) => {
  let keySet: KeySet;
  let ours: ReturnType<typeof issuerWith>;
  let admin: Json;
  let forgedPayload: string;
  beforeAll(async () => {
    keySet = await keySetFor(alg);
    ours = issuerWith(keySet);
    admin = { ...decode(ours.payload), role: 'ADMIN' };
    forgedPayload = encode(admin);
  });

  const refuse = (texts: readonly string[]): void => {
    for (const text of texts) expect([text, ours.outcome(text)]).toEqual([text, 'TOKEN_INVALID']);
    expect(ours.outcome(ours.token)).toBe('valid');
  };

  it('T02: class A, any alg but exactly the one of the key is refused', () => {
    const spellings = [
      'none',
      'None',
      'NONE',
      'nOnE',
      ' none',
      'none ',
      'none\0',
      '',
      'null',
      null,
      0,
      false,
      true,
      [],
      ['none'],
      {},
    ];
    const values = [...spellings, [alg], alg.toLowerCase(), `${alg} `, `${alg}\0`, '__proto__', 'toString', undefined];
    const headers = values.map((value) => encode({ ...decode(ours.header), alg: value }));
    refuse(
      headers.flatMap((header) => ['', `.`, `.${ours.signature}`].map((end) => `${header}.${forgedPayload}${end}`)),
    );
    refuse(headers.map((header) => `${header}.${ours.payload}.${ours.signature}`));
  });

  it('T01: class B, a signature that is old, empty, gone, cut or longer is refused', () => {
    const { header, payload, signature: last } = ours;
    refuse([
      `${header}.${forgedPayload}.${last}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${last.slice(0, -4)}`,
      `${header}.${payload}.${last}AAAA`,
      `${header}.${payload}.${last}.${last}`,
      `${header}.${payload}.${last}..`,
      ...['..', 'null', 'undefined', '[object Object]', '', '.', '...', 'a.b.c'],
    ]);
  });

  it('T01: class B, any single bit flipped in any part is refused', () => {
    const flip = (text: string, index: number): string => {
      const bytes = Buffer.from(text, 'base64url');
      bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
      return bytes.toString('base64url');
    };
    const variants = [ours.header, ours.payload, ours.signature].flatMap((part, position, all) =>
      Array.from(Buffer.from(part, 'base64url'), (_, i) => all.with(position, flip(part, i)).join('.')),
    );
    refuse(variants);
  });

  it('T03: class C, an HS token keyed with any published form of our key is refused', () => {
    const publicKey = [...keySet.verification.values()][0]?.key;
    const pem = publicKey?.export({ type: 'spki', format: 'pem' }).toString() ?? '';
    const jwk = publicKey?.export({ format: 'jwk' }) ?? {};
    const texts = [
      pem,
      pem.trim(),
      pem.replaceAll('\n', '\r\n'),
      pem.replace(/-----[^-]+-----|\n/g, ''),
      JSON.stringify(jwk),
    ];
    const members = [jwk.n, jwk.x, keySet.signing.kid].filter((text) => text !== undefined);
    const secrets = [
      ...[...texts, ...members].map((text) => Buffer.from(text)),
      ...members.map((text) => Buffer.from(text, 'base64url')),
      publicKey?.export({ type: 'spki', format: 'der' }) ?? Buffer.alloc(1),
    ];
    const header = decode(ours.header);
    refuse(
      secrets.flatMap((secret) =>
        (['HS256', 'HS384', 'HS512'] as const).map((hs) =>
          signed({ ...header, alg: hs }, admin, hs, createSecretKey(secret)),
        ),
      ),
    );
  });

  it('T04: class D, a header that brings its own key or names where one is, is refused', () => {
    const own = foreignKey(alg);
    const jwk = createPublicKey(own).export({ format: 'jwk' });
    const url = 'http://127.0.0.1:9/jwks.json';
    const x5c = [createPublicKey(own).export({ type: 'spki', format: 'der' }).toString('base64')];
    const members: readonly Json[] = [
      { jwk },
      { jku: url },
      { x5u: url },
      { x5c },
      { x5t: 'AAAA' },
      { 'x5t#S256': 'AAAA' },
    ];
    refuse(members.map((member) => signed({ ...decode(ours.header), ...member }, admin, alg, own)));
    refuse(members.map((member) => signed({ ...decode(ours.header), ...member }, admin, alg, keySet.signing.key)));
    refuse([
      signed({ ...decode(ours.header), kid: url }, admin, alg, own),
      signed(decode(ours.header), admin, alg, own),
    ]);
  });

  it('T05: class E, a hostile or unknown kid is refused', () => {
    const paths = ['', '/dev/null', '../../dev/null', '/proc/sys/kernel/randomize_va_space', '|sleep 3', '$(sleep 3)'];
    const queries = ["x' UNION SELECT '1';--", "' OR '1'='1", '\0', 'a\r\nb', 'x'.repeat(4000), 'unknown'];
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', 'size'];
    const kid = keySet.signing.kid;
    const values = [...paths, ...queries, ...names, 0, -1, null, true, [], [kid], {}, { $ne: null }, undefined];
    refuse(values.map((value) => ours.withHeader({ kid: value })));
    const guesses = ['\0', '1', 'undefined', '2\n', ''].map((text) => createSecretKey(Buffer.from(text)));
    refuse(
      values.flatMap((value) =>
        guesses.map((key) => signed({ alg: 'HS256', typ: 'at+jwt', kid: value }, admin, 'HS256', key)),
      ),
    );
  });

  it('T05: class F, a token signed with a guessed secret is refused', () => {
    const guesses = ['secret', 'your-256-bit-secret', 'shhhhh', 'changeme', 'password', ''];
    refuse(
      guesses.map((text) =>
        signed({ ...decode(ours.header), alg: 'HS256' }, admin, 'HS256', createSecretKey(Buffer.from(text))),
      ),
    );
  });

  it('T01: class G, degenerate signatures are refused', () => {
    const one = (size: number) => Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]);
    const raw = [32, 48, 66].flatMap((size) => [Buffer.alloc(2 * size), Buffer.concat([one(size), one(size)])]);
    const der = Buffer.from('3006020100020100', 'hex');
    const signatures = [...raw, der, Buffer.alloc(1), Buffer.alloc(256), Buffer.alloc(512)];
    refuse(signatures.map((bytes) => `${ours.header}.${forgedPayload}.${bytes.toString('base64url')}`));
  });

  it('T16: class I, hostile bytes are a malformed token and never throw', () => {
    const legacy = encode({ ...decode(ours.header), typ: 'JWT' });
    const badUtf8 = encode(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    const deep = `${'['.repeat(2500)}${']'.repeat(2500)}`;
    const hostile = ['null', '[]', '""', '1', '{', '{"a":1', '\ufeff{}', deep, '{"__proto__":null', 'nan'].map(encode);
    const payloads = [...hostile, badUtf8].flatMap((part) => [
      `${ours.header}.${part}.${ours.signature}`,
      `${legacy}.${part}.AAAA`,
    ]);
    const headers = [...hostile, badUtf8].map((part) => `${part}.${ours.payload}.${ours.signature}`);
    for (const text of [...payloads, ...headers]) {
      const fault = {
        kind: 'invalid',
        reason: 'TOKEN_INVALID',
        cause: text.length > 8192 ? 'oversized token' : 'malformed token',
      };
      expect(ours.tokens.verify(text, now)).toEqual(fault);
    }
    refuse(
      ['{"__proto__":{"alg":"none"}}', '{}', '{"alg":"none","alg":"RS256"}'].map(
        (header) => `${encode(header)}.${ours.payload}.AAAA`,
      ),
    );
  });

  it('T14: anything but base64url and two dots is refused before it is read', () => {
    const { header, payload, signature: last, token } = ours;
    const standard = Buffer.from(last, 'base64url').toString('base64').replaceAll('=', '');
    refuse([
      ...[
        `${token}=`,
        `${token}==`,
        ` ${token}`,
        `${token} `,
        `${token}\n`,
        `"${token}"`,
        `'${token}'`,
        `${token}, ${token}`,
        `${token},`,
      ],
      ...[`${header}. ${payload}.${last}`, token.replaceAll('.', '%2e'), `${token}\0`, `${header}=.${payload}.${last}`],
      ...(standard === last ? [] : [`${header}.${payload}.${standard}`]),
      JSON.stringify({ protected: header, payload, signature: last }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature: last }] }),
      `${header}.${payload}.${last}.${payload}.${last}`,
    ]);
    expect(ours.tokens.verify(`${token}=`, now)).toMatchObject({ cause: 'malformed token' });
  });

  it('T15: class J, each of the 63 other last characters of each part is refused', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const parts = [ours.header, ours.payload, ours.signature];
    const spellings = parts.flatMap((part, position) =>
      [...alphabet]
        .map((character) => part.slice(0, -1) + character)
        .filter((spelling) => spelling !== part)
        .map((spelling) => parts.with(position, spelling).join('.')),
    );
    expect(spellings).toHaveLength(3 * 63);
    refuse(spellings);
  });

  it('T17: a token above 8 KB is refused without being decoded, whatever is in it', () => {
    const long = ours.withPayload({ padding: 'x'.repeat(9000) });
    expect(ours.tokens.verify(long, now)).toEqual({
      kind: 'invalid',
      reason: 'TOKEN_INVALID',
      cause: 'oversized token',
    });
    expect(ours.outcome(ours.withPayload({ padding: 'x'.repeat(4000) }))).toBe('valid');
  });

  it('T12: class M, other credentials are no access tokens', () => {
    refuse([createRefreshToken(ada, session).token, 'fg_abc_def', encode('ada:password')]);
  });
});

describe('a signature that only looks right', () => {
  it('T06: with an HS256 server a token keyed with nothing is refused', async () => {
    const ours = issuerWith(await keySetFor('HS256'));
    const input = `${ours.header}.${ours.payload}`;
    for (const secret of [Buffer.alloc(0), Buffer.from('\0'), Buffer.from('undefined')]) {
      expect(ours.outcome(`${input}.${signature('HS256', createSecretKey(secret), input)}`)).toBe('TOKEN_INVALID');
    }
  });

  it('class J: the twin of an ES256 signature is valid, and has the same jti, sub and sid as the token it copies', async () => {
    const ours = issuerWith(await keySetFor('ES256'));
    const bytes = Buffer.from(ours.signature, 'base64url');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const twin = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
    const copy = Buffer.concat([bytes.subarray(0, 32), Buffer.from(twin, 'hex')]).toString('base64url');
    expect(copy).not.toBe(ours.signature);
    expect(ours.tokens.verify(`${ours.header}.${ours.payload}.${copy}`, now)).toEqual(
      ours.tokens.verify(ours.token, now),
    );
  });
});

const foreignKey = (alg: SigningAlgorithm): KeyObject =>
  alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
