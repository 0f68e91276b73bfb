import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
import { sessionId, userId } from '@fieldgate/guard';
import { type AccessTokenOptions, createAccessTokens } from '../../src/crypto/access-token.ts';
import { generateKey, type KeySet, parseKeySet } from '../../src/crypto/keys.ts';
import type { SigningAlgorithm } from '../../src/domain/signing-algorithms.ts';

/** Makes tokens by hand, as an attacker or a foreign issuer would: no library checks them. */

export const now = 1_800_000_000;
export const issuer = 'https://auth.example.com';
export const audience = 'https://api.example.com';
export const ada = userId('0190a0a0-0000-7000-8000-00000000000a');
export const session = sessionId('0190a0a0-0000-7000-8000-00000000000b');

export type Json = Record<string, unknown>;

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString(
    'base64url',
  );

export const decode = (part: string | undefined): Json => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

export const partsOf = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};

/** A signature over any text, as JWS writes it. */
export const signature = (alg: SigningAlgorithm, key: KeyObject, input: string): string => {
  const hash = `sha${alg.slice(2)}`;
  const data = Buffer.from(input);
  switch (alg.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(data).digest('base64url');
    case 'PS':
      return sign(hash, data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }).toString('base64url');
    case 'ES':
      return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    default:
      return sign(hash, data, key).toString('base64url');
  }
};

/** Any header and payload under a valid signature. Strings and buffers are used unchanged, objects as JSON. */
export const signed = (header: unknown, payload: unknown, alg: SigningAlgorithm, key: KeyObject): string => {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature(alg, key, input)}`;
};

export const keySetFor = async (alg: SigningAlgorithm): Promise<KeySet> =>
  parseKeySet({ keys: [await generateKey(alg)] }, alg);

/** A server's access tokens, one of its tokens, and ways to sign what it would not. */
export const issuerWith = async (keySet: KeySet, options: Partial<AccessTokenOptions> = {}) => {
  const tokens = createAccessTokens({
    ...{ keys: { current: keySet }, issuer, audience, clientId: 'fieldgate', ttlSeconds: 900 },
    ...options,
  });
  const grant = { userId: ada, sessionId: session, accountVersion: 1, role: 'USER', scopes: ['read', 'write'], now };
  const { token } = await tokens.issue(grant);
  /** Verifies at a time in seconds, like those in a token. */
  const verify = (text: string, at = now) => tokens.verify(text, at * 1000);
  const outcome = (text: string, at = now) => {
    const verification = verify(text, at);
    return verification.kind === 'valid' ? 'valid' : verification.reason;
  };
  return { tokens, verify, outcome, ...forgerOf(token, keySet) };
};

/** A token, its parts, and functions that sign what its issuer would not. */
export const forgerOf = (token: string, keySet: KeySet) => {
  const [header, payload, lastPart] = partsOf(token);
  const { alg, key } = keySet.signing;
  const withHeader = (changes: Json) => signed({ ...decode(header), ...changes }, decode(payload), alg, key);
  const withPayload = (changes: Json) => signed(decode(header), { ...decode(payload), ...changes }, alg, key);
  const withRawPayload = (raw: unknown) => signed(decode(header), raw, alg, key);
  return { token, header, payload, signature: lastPart, keySet, withHeader, withPayload, withRawPayload };
};

export type Forger = ReturnType<typeof forgerOf>;
