import { constants, sign } from 'node:crypto';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import { type SigningAlgorithm, signingAlgorithms } from '../domain/signing-algorithms.ts';
import type { SigningKey } from './keys.ts';

const signOffThread = promisify(sign);

/** Signs a JWT of type `at+jwt`, in compact form. Slow algorithms sign on a thread of libuv's pool. */
export const signToken = async (claims: object, { kid, alg, key }: SigningKey): Promise<string> => {
  const header = { alg, typ: 'at+jwt', kid };
  if (!isSlow(alg)) return jwt.sign(claims, key, { algorithm: alg, header });
  // jsonwebtoken would block the event loop.
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = await signOffThread(signingAlgorithms[alg].hash, Buffer.from(input), { key, ...formOf(alg) });
  return `${input}.${signature.toString('base64url')}`;
};

/** Takes a millisecond or more; HMAC and P-256 take some 30 µs. */
const isSlow = (alg: SigningAlgorithm): boolean => signingAlgorithms[alg].kty !== 'oct' && alg !== 'ES256';

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** RFC 7518 §3.4: an EC signature is r ‖ s. §3.5: the salt of PSS is as long as the hash. */
const formOf = (alg: SigningAlgorithm) =>
  alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { dsaEncoding: 'ieee-p1363' as const };
