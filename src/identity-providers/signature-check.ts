import { compactVerify, createRemoteJWKSet, errors, type FetchImplementation, customFetch as keySetFetch } from 'jose';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { cached } from './cached.ts';
import { isPlainHttp, requestTimeoutSeconds } from './client.ts';

const keysMaxAgeMs = 300_000;
/** A key that is not in the cached set is looked up at once, and the set at most this often. */
const lookupPauseMs = 5_000;

/** Never the client secret (HS256), and never none. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export type SignatureCheck = (token: string, jwksUri: string | undefined) => Promise<void>;

/** Returns a check of the signatures of one provider. It rejects unless a key of the provider's current set made the signature. */
export const createSignatureCheck = (settings: ProviderSettings, monotonic: () => number): SignatureCheck => {
  let current: { readonly uri: string; readonly verify: (token: string) => Promise<void> } | null = null;
  return async (token, jwksUri = '') => {
    if (current?.uri !== jwksUri)
      current = { uri: jwksUri, verify: keySetCheck(keySetUrl(settings, jwksUri), monotonic) };
    await current.verify(token);
  };
};

const keySetUrl = (settings: ProviderSettings, jwksUri: string): URL => {
  const url = URL.parse(jwksUri);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isPlainHttp(settings))) return url;
  throw new Error('the provider names no HTTPS URL of its keys');
};

const keySetCheck = (url: URL, monotonic: () => number) => {
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge: keysMaxAgeMs,
    cooldownDuration: Number.POSITIVE_INFINITY, // lookups are ours: the library would wait after every fetch
    timeoutDuration: requestTimeoutSeconds * 1000,
    [keySetFetch]: fetchKeys,
  });
  const lookUp = cached(() => keys.reload(), lookupPauseMs, monotonic);
  const verify = async (token: string): Promise<void> => {
    await compactVerify(token, keys, { algorithms });
  };
  return async (token: string): Promise<void> => {
    try {
      await verify(token);
    } catch (error) {
      if (!isOfOtherKey(error)) throw error;
      await lookUp();
      await verify(token);
    }
  };
};

/** The provider may have changed its keys, under new names or under the same. */
const isOfOtherKey = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;

const fetchKeys: FetchImplementation = (url, { headers, method, signal }) =>
  boundedFetch(url, { body: null, headers: Object.fromEntries(headers), method, redirect: 'manual', signal });
