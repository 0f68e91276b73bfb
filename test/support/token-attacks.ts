import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createRefreshToken } from '../../src/crypto/refresh-token.ts';
import type { SigningAlgorithm } from '../../src/domain/signing-algorithms.ts';
import { ada, decode, encode, type Forger, type Json, partsOf, session, signed } from './forged-tokens.ts';

/** Makes forged tokens from a stolen one. `keysUrl` is the address of the attacker's keys. */
type Recipe = (forger: Forger, keysUrl: string) => readonly string[];

const admin = ({ payload }: Forger): Json => ({ ...decode(payload), role: 'ADMIN' });

const none: Recipe = (forger) => {
  const { header, payload, signature, keySet } = forger;
  const { alg } = keySet.signing;
  const spellings = ['none', 'None', 'NONE', 'nOnE', ' none', 'none ', 'none\0', '', 'null', null, 0, false, true, []];
  const values = [...spellings, ['none'], {}, [alg], alg.toLowerCase(), `${alg} `, `${alg}\0`, '__proto__', undefined];
  const headers = [...values, 'toString'].map((value) => encode({ ...decode(header), alg: value }));
  const forged = encode(admin(forger));
  return [
    ...headers.flatMap((each) => ['', `.`, `.${signature}`].map((end) => `${each}.${forged}${end}`)),
    ...headers.map((each) => `${each}.${payload}.${signature}`),
  ];
};

const cutAndGrown: Recipe = (forger) => {
  const { header, payload, signature } = forger;
  return [
    `${header}.${encode(admin(forger))}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${payload}.${signature.slice(0, -4)}`,
    `${header}.${payload}.${signature}AAAA`,
    `${header}.${payload}.${signature}.${signature}`,
    `${header}.${payload}.${signature}..`,
    ...['..', 'null', 'undefined', '[object Object]', '', '.', '...', 'a.b.c'],
  ];
};

const flippedBits: Recipe = ({ header, payload, signature }) => {
  const flip = (text: string, index: number): string => {
    const bytes = Buffer.from(text, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
    return bytes.toString('base64url');
  };
  return [header, payload, signature].flatMap((part, position, all) =>
    Array.from(Buffer.from(part, 'base64url'), (_, i) => all.with(position, flip(part, i)).join('.')),
  );
};

const confusedWithSecrets: Recipe = (forger) => {
  const { header, keySet } = forger;
  const publicKey = [...keySet.verification.values()][0]?.key;
  const pem = publicKey?.export({ type: 'spki', format: 'pem' }).toString() ?? '';
  const jwk = publicKey?.export({ format: 'jwk' }) ?? {};
  const forms = [pem, pem.trim(), pem.replaceAll('\n', '\r\n'), pem.replace(/-----[^-]+-----|\n/g, '')];
  const members = [jwk.n, jwk.x, keySet.signing.kid].filter((text) => text !== undefined);
  const secrets = [
    ...[...forms, JSON.stringify(jwk), ...members].map((text) => Buffer.from(text)),
    ...members.map((text) => Buffer.from(text, 'base64url')),
    publicKey?.export({ type: 'spki', format: 'der' }) ?? Buffer.alloc(1),
  ];
  return secrets.flatMap((secret) => signedWithSecret(decode(header), admin(forger), secret));
};

const signedWithSecret = (header: Json, payload: Json, secret: Buffer): readonly string[] =>
  (['HS256', 'HS384', 'HS512'] as const).map((alg) =>
    signed({ ...header, alg }, payload, alg, createSecretKey(secret)),
  );

const ownKey: Recipe = (forger, keysUrl) => {
  const { header, keySet } = forger;
  const { alg } = keySet.signing;
  const own = foreignKey(alg);
  const jwk = createPublicKey(own).export({ format: 'jwk' });
  const x5c = [createPublicKey(own).export({ type: 'spki', format: 'der' }).toString('base64')];
  const urls = [keysUrl, keysUrl.replace('//', '//auth.example.com@'), `${keysUrl}#auth.example.com`];
  const members: readonly Json[] = [
    ...[{ jwk }, { x5c }, { x5t: 'AAAA' }, { 'x5t#S256': 'AAAA' }],
    ...urls.flatMap((url) => [{ jku: url }, { x5u: url }]),
  ];
  return [
    ...members.map((member) => signed({ ...decode(header), ...member }, admin(forger), alg, own)),
    ...urls.map((url) => signed({ ...decode(header), kid: url }, admin(forger), alg, own)),
    ...urls.map((url) => signed(decode(header), { ...admin(forger), iss: url }, alg, own)),
    signed(decode(header), admin(forger), alg, own),
  ];
};

const hostileKids: readonly unknown[] = [
  ...['', '/dev/null', '../../dev/null', '/proc/sys/kernel/randomize_va_space', '|sleep 3', '$(sleep 3)'],
  ...["x' UNION SELECT '1';--", "' OR '1'='1", '\0', 'a\r\nb', 'x'.repeat(4000), 'unknown'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', 'size'],
  ...[0, -1, null, true, [], {}, { $ne: null }, undefined],
];

const namesAnotherKey: Recipe = (forger) => {
  const guesses = ['\0', '1', 'undefined', '2\n', ''].map((text) => createSecretKey(Buffer.from(text)));
  const kids = [...hostileKids, [forger.keySet.signing.kid]];
  return kids.flatMap((kid) =>
    guesses.map((key) => signed({ alg: 'HS256', typ: 'at+jwt', kid }, admin(forger), 'HS256', key)),
  );
};

const guessedSecrets: Recipe = (forger) =>
  ['secret', 'your-256-bit-secret', 'shhhhh', 'changeme', 'password', ''].flatMap((text) =>
    signedWithSecret(decode(forger.header), admin(forger), Buffer.from(text)),
  );

const degenerateSignatures: Recipe = (forger) => {
  const one = (size: number) => Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]);
  const raw = [32, 48, 66].flatMap((size) => [Buffer.alloc(2 * size), Buffer.concat([one(size), one(size)])]);
  const der = Buffer.from('3006020100020100', 'hex');
  return [...raw, der, Buffer.alloc(1), Buffer.alloc(256), Buffer.alloc(512)].map(
    (bytes) => `${forger.header}.${encode(admin(forger))}.${bytes.toString('base64url')}`,
  );
};

const deep = `${'['.repeat(2500)}${']'.repeat(2500)}`;
const badUtf8 = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
const hostileParts = ['null', '[]', '""', '1', '{', '{"a":1', '\ufeff{}', deep, '{"__proto__":null', 'nan', badUtf8];

/** Unsigned, to find code that reads a token before its signature is verified. */
export const hostileBytes: Recipe = ({ header, payload, signature }) => {
  const legacy = encode({ ...decode(header), typ: 'JWT' });
  const parts = hostileParts.map(encode);
  return [
    ...parts.flatMap((part) => [`${header}.${part}.${signature}`, `${legacy}.${part}.AAAA`]),
    ...parts.map((part) => `${part}.${payload}.${signature}`),
  ];
};

const oddHeaders: Recipe = ({ payload, signature }) =>
  ['{"__proto__":{"alg":"none"}}', '{}', '{"alg":"none","alg":"RS256"}', '{"alg":"ES256","alg":"none"}'].flatMap(
    (header) => [`${encode(header)}.${payload}.AAAA`, `${encode(header)}.${payload}.${signature}`],
  );

const otherForms: Recipe = ({ token, header, payload, signature }) => {
  const standard = Buffer.from(signature, 'base64url').toString('base64').replaceAll('=', '');
  return [
    ...[`${token}=`, `${token}==`, ` ${token}`, `${token} `, `${token}\n`, `"${token}"`, `'${token}'`],
    ...[`${token}, ${token}`, `${token},`, `${header}. ${payload}.${signature}`, token.replaceAll('.', '%2e')],
    ...[`${token}\0`, `${header}=.${payload}.${signature}`],
    ...(standard === signature ? [] : [`${header}.${payload}.${standard}`]),
    JSON.stringify({ protected: header, payload, signature }),
    JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    `${header}.${payload}.${signature}.${payload}.${signature}`,
  ];
};

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Other texts for the same bytes, by the spare bits of base64. They would evade a list of revoked tokens by their text. */
export const otherSpellings: Recipe = ({ header, payload, signature }) => {
  const parts = [header, payload, signature];
  return parts.flatMap((part, position) =>
    [...alphabet]
      .map((character) => part.slice(0, -1) + character)
      .filter((spelling) => spelling !== part)
      .map((spelling) => parts.with(position, spelling).join('.')),
  );
};

/** The same token under the other signature that ECDSA makes of it: (r, n − s) for (r, s). Valid like the first. */
export const twinOf = (token: string): string => {
  const [header, payload, signature] = partsOf(token);
  const bytes = Buffer.from(signature, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const twin = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), Buffer.from(twin, 'hex')]).toString('base64url')}`;
};

const otherCredentials: Recipe = () => [
  createRefreshToken(ada, session).token,
  'fg_abc_def',
  encode('ada:password'),
  `${encode('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647}')}.a.b.c.d`,
];

/** Everything that can be made without the signing key, by its kind. The server must reject all of it. */
export const forgeries: Readonly<Record<string, Recipe>> = {
  'T02: a token with another alg than its key (class A)': none,
  'T01: a token with an old, empty, missing, cut or longer signature (class B)': cutAndGrown,
  'T01: a token with one flipped bit in any part (class B)': flippedBits,
  'T03: an HS token keyed with a form of the public key (class C)': confusedWithSecrets,
  'T04: a token whose header holds a key or its address (class D)': ownKey,
  'T05: a token with a hostile or unknown kid (class E)': namesAnotherKey,
  'T05: a token signed with a guessed secret (class F)': guessedSecrets,
  'T01: a token with a degenerate signature (class G)': degenerateSignatures,
  'T16: a token of hostile bytes (class I)': hostileBytes,
  'T16: a token with an odd header (class I)': oddHeaders,
  'T14: a text that is not base64url with two dots': otherForms,
  'T15: a token with another last character in a part (class J)': otherSpellings,
  'T12: another kind of credential (class M)': otherCredentials,
};

const claimsOf = ({ payload }: Forger): { readonly [name: string]: unknown; readonly iat: number } => ({
  iat: 0,
  ...decode(payload),
});

const eachClaim =
  (claim: string, values: (own: string, iat: number) => readonly unknown[]): Recipe =>
  (forger) => {
    const claims = claimsOf(forger);
    return values(String(claims[claim]), claims.iat).map((value) => forger.withPayload({ [claim]: value }));
  };

const notTexts: readonly unknown[] = [undefined, null, '', 1, [], {}];
const otherTypes = ['JWT', 'JWT2', 'rt+jwt', 'refresh+jwt', 'id+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt'];
const forbiddenMembers: readonly Json[] = [
  ...[['exp'], ['unknown'], [], 'exp', null].map((crit) => ({ crit })),
  ...[{ crit: ['b64'], b64: false }, { b64: false }, { b64: true }, { zip: 'DEF' }, { cty: 'JWT' }, { enc: 'A128GCM' }],
];

const infiniteExpiry: Recipe = ({ payload, withRawPayload }) => [
  withRawPayload(JSON.stringify({ ...decode(payload), exp: 0 }).replace('"exp":0', '"exp":1e999')),
];

/** Class L: tokens with wrong contents under the right key, by a mistake of the issuer or for another purpose. */
export const wrongContents: Readonly<Record<string, Recipe>> = {
  'T08: a token with a wrong exp': eachClaim('exp', (_own, iat) => [
    undefined,
    null,
    `${iat + 60}`,
    iat + 60.5,
    iat * 1000,
    iat + 315_360_000,
    1e300,
    true,
    [],
    {},
    iat,
  ]),
  'T08: a token with an infinite exp': infiniteExpiry,
  'T09: a token with a wrong iat': eachClaim('iat', (_own, iat) => [
    undefined,
    null,
    `${iat}`,
    iat + 0.5,
    iat + 600,
    iat * 1000,
    {},
  ]),
  'T09: a token with a wrong nbf': eachClaim('nbf', (_own, iat) => [null, `${iat}`, iat + 600, {}, [], true]),
  'T10: a token with a wrong aud': eachClaim('aud', (own) => [
    ...notTexts,
    [1],
    [own, 1],
    'https://other.example.com',
    ['https://other.example.com'],
    own.slice(0, -1),
    `${own}/x`,
  ]),
  'T11: a token with a wrong iss': eachClaim('iss', (own) => [
    ...notTexts,
    `${own}/`,
    own.toUpperCase(),
    [own],
    own.replace(/^https?/, 'wss'),
  ]),
  'T12: a token with a wrong typ': ({ withHeader }) =>
    [...otherTypes, 'at+jwt ', 'at+jw', 'xat+jwt', '', 1, null, undefined, ['at+jwt']].map((typ) =>
      withHeader({ typ }),
    ),
  'T13: a token with crit, b64, zip or the like in its header': ({ withHeader }) => forbiddenMembers.map(withHeader),
  'T05: a token with a wrong kid': ({ withHeader, keySet }) =>
    [...hostileKids, [keySet.signing.kid]].map((kid) => withHeader({ kid })),
  'T04: a token with a key or its address in its header': ({ withHeader }, keysUrl) =>
    [{ jwk: {} }, { jku: keysUrl }, { x5u: keysUrl }, { x5c: ['AAAA'] }].map(withHeader),
  'T18: a token with a wrong sub': eachClaim('sub', (own) => [undefined, null, '', 1, [], [own], {}]),
  'T08: a token with a wrong sid': eachClaim('sid', () => [undefined, null, '', 1, {}]),
  'T19: a token with a wrong jti': eachClaim('jti', () => [undefined, null, '', 1, {}]),
  'T19: a token with a wrong client_id': eachClaim('client_id', () => [undefined, '', 1]),
  'T20: a token with a wrong role': eachClaim('role', () => [undefined, null, '', ['ADMIN'], {}]),
  'T20: a token with a wrong scope': eachClaim('scope', () => [undefined, null, ['admin'], {}]),
  'T16: a token whose payload is not an object': ({ withRawPayload }) =>
    ['null', '[]', '1', '"x"', 'foo', '', '{', '\ufeff{}', '[{"sub":"x"}]', Buffer.from([0x7b, 0xff, 0x7d])].map(
      withRawPayload,
    ),
  'T17: a token of more than 8 KB': ({ withPayload }) => [withPayload({ padding: 'x'.repeat(9000) })],
};

const foreignKey = (alg: SigningAlgorithm): KeyObject =>
  alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
