import type { MaybePromise } from '@whatwg-node/promise-helpers';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { type OnFault, tellFault } from '../authorization/faults.ts';
import { parseBoolean, useAnswer } from '../credentials/answers.ts';
import { bearer } from '../credentials/bearer.ts';
import type { BearerClaims, BearerVerification } from '../credentials/claims.ts';
import type { Authenticator } from '../domain/authentication.ts';
import { GuardError } from '../domain/errors.ts';
import { defaultClaims } from './claims.ts';
import { readBounded, requireSecureUrl } from './fetch-json.ts';
import { createIntrospection, type IntrospectionOptions } from './introspection.ts';
import { type IssuerMetadata, loadMetadata, loadOnce } from './metadata.ts';

export type JwksOptions = {
  /** The issuer, exactly as its tokens and its metadata write it. https, or http on loopback. */
  readonly issuer: string;
  /** This API, as tokens name it in `aud`. Without it a token for any other API would do. */
  readonly audience: string | readonly string[];
  /** Where its keys are. Default: the `jwks_uri` of its metadata. */
  readonly jwksUri?: string;
  /** The signatures that are accepted. Default: all public-key ones of RFC 7518 and RFC 8037; a key's own `alg` decides. */
  readonly algorithms?: readonly string[];
  /** The `typ` of an access token. Default: `at+jwt` (RFC 9068); for issuers that send another one, that; null: any. */
  readonly typ?: string | null;
  /** Returns what a verified token says, null if it is no token for callers. Default: `sub`, `role`, `scope`, `sid`. */
  readonly claims?: (payload: JWTPayload) => BearerClaims | null;
  /** Returns whether a verified token was revoked. Asked for every request that needs a credential. */
  readonly isRevoked?: (payload: JWTPayload, token: string) => MaybePromise<boolean>;
  /** Asks the issuer whether a verified token is still good. */
  readonly introspection?: IntrospectionOptions;
  /** For clocks that differ. Default: 5. */
  readonly leewaySeconds?: number;
  /** For one request to the issuer. Default: 5000. */
  readonly timeoutMs?: number;
  /** An unknown key is looked up at once, but at most once in this time. Default: 5000. */
  readonly cooldownMs?: number;
  /** For how long keys are used without being looked up again. Default: 600000. */
  readonly cacheMs?: number;
  /** Called when the issuer cannot be asked, and with answers of your functions that are not understood. */
  readonly onFault?: OnFault | undefined;
};

/** Neither `none` nor HMAC: a public key would be everybody's secret (RFC 8725 §2.1, §3.1). */
const publicKeyAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519'],
];

const maxTokenLength = 16_384;

type Verify = (token: string) => Promise<BearerVerification>;

/**
 * Returns an authenticator for access tokens that another server issues, as `Authorization: Bearer`: JWTs whose keys the issuer
 * publishes (RFC 9068, RFC 8725). An expired token is rejected with TOKEN_EXPIRED, a revoked one with TOKEN_REVOKED, every other
 * with TOKEN_INVALID. Rejects with SERVICE_UNAVAILABLE if the issuer cannot be asked. Throws TypeError for options that are
 * missing or wrong.
 *
 * @example
 * const authenticate = jwks({ issuer: 'https://auth.example.com', audience: 'https://api.example.com' });
 */
export const jwks = (options: JwksOptions): Authenticator => {
  checkOptions(options);
  const { issuer, timeoutMs = 5000, cooldownMs = 5000, introspection, onFault } = options;
  const metadata = loadOnce(() => loadMetadata(issuer, timeoutMs), cooldownMs);
  const verify = createVerify(
    options,
    loadOnce(() => loadKeys(options, metadata), cooldownMs),
  );
  const discover = async () => (await metadata()).introspectionEndpoint;
  const isActive = introspection ? createIntrospection({ ...introspection, timeoutMs }, discover) : null;
  const verifyAndAsk: Verify = async (token) => {
    try {
      const verified = await verify(token);
      return isActive && verified.kind === 'valid' && !(await isActive(token)) ? invalid('TOKEN_REVOKED') : verified;
    } catch (error) {
      if (error instanceof GuardError) throw error;
      tellFault(onFault, { message: 'jwks: the issuer could not be asked', error }, undefined);
      throw new GuardError('SERVICE_UNAVAILABLE');
    }
  };
  return bearer({ verify: verifyAndAsk, checkSession: null, checkServiceToken: null, onFault });
};

const checkOptions = ({ issuer, audience, jwksUri, algorithms, introspection, isRevoked }: JwksOptions): void => {
  requireSecureUrl(issuer, 'issuer');
  if (jwksUri !== undefined) requireSecureUrl(jwksUri, 'jwksUri');
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (audiences.length === 0 || !audiences.every((each) => typeof each === 'string' && each !== '')) {
    throw new TypeError('audience must name this API, as the tokens for it do.');
  }
  const unsafe = algorithms?.filter((algorithm) => !publicKeyAlgorithms.includes(algorithm)) ?? [];
  if (unsafe.length > 0 || algorithms?.length === 0) {
    throw new TypeError(`algorithms must be some of ${publicKeyAlgorithms.join(', ')}.`);
  }
  if (isRevoked !== undefined && typeof isRevoked !== 'function') throw new TypeError('isRevoked must be a function.');
  if (introspection && isRevoked) throw new TypeError('Give introspection or isRevoked, not both.');
};

/** jose looks an unknown key up once in `cooldownDuration`, and picks the key by `kid` and type: the token's `alg` decides nothing. */
const loadKeys = async (
  { jwksUri, timeoutMs = 5000, cooldownMs = 5000, cacheMs = 600_000 }: JwksOptions,
  metadata: () => Promise<IssuerMetadata>,
): Promise<JWTVerifyGetKey> => {
  const url = jwksUri === undefined ? (await metadata()).jwksUri : new URL(jwksUri);
  return createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    [customFetch]: async (address, init) => {
      const response = await fetch(address, init);
      return new Response(await readBounded(response), { status: response.status });
    },
  });
};

const createVerify = (options: JwksOptions, keys: () => Promise<JWTVerifyGetKey>): Verify => {
  const { issuer, audience, algorithms = publicKeyAlgorithms, typ = 'at+jwt', leewaySeconds = 5 } = options;
  const rules: JWTVerifyOptions = {
    ...{ issuer, audience: [...(typeof audience === 'string' ? [audience] : audience)], algorithms: [...algorithms] },
    ...{ clockTolerance: leewaySeconds, requiredClaims: ['exp', 'sub'] },
    ...(typ !== null && { typ }),
  };
  return async (token) => {
    if (token.length > maxTokenLength) return invalid('TOKEN_INVALID');
    try {
      const { payload } = await jwtVerify(token, await keys(), rules);
      return await toVerification(payload, token, options);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      return invalid(reason);
    }
  };
};

const toVerification = (
  payload: JWTPayload,
  token: string,
  { claims: read = defaultClaims, isRevoked, onFault }: JwksOptions,
): MaybePromise<BearerVerification> => {
  const claims = read(payload);
  if (claims === null) return invalid('TOKEN_INVALID');
  const valid: BearerVerification = { kind: 'valid', claims };
  if (isRevoked === undefined) return valid;
  const reading = { name: 'jwks: isRevoked', parse: parseBoolean, onFault, otherwise: invalid('TOKEN_INVALID') };
  return useAnswer(isRevoked(payload, token), reading, (isIt) => (isIt ? invalid('TOKEN_REVOKED') : valid));
};

const invalid = (reason: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED'): BearerVerification => ({
  kind: 'invalid',
  reason,
});

/** What is wrong with the token. Null if something else is wrong: the issuer could not be asked. */
const reasonOf = (error: unknown): 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | null => {
  if (error instanceof errors.JWTExpired) return 'TOKEN_EXPIRED';
  const ofToken = [
    ...[errors.JWTClaimValidationFailed, errors.JWTInvalid, errors.JWSInvalid, errors.JWSSignatureVerificationFailed],
    ...[errors.JOSEAlgNotAllowed, errors.JOSENotSupported, errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys],
  ];
  return ofToken.some((kind) => error instanceof kind) ? 'TOKEN_INVALID' : null;
};
