import { constants, sign } from 'node:crypto';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import { type SigningAlgorithm, signingAlgorithms } from '../domain/signing-algorithms.ts';
import type { SigningKey } from './keys.ts';

const signElsewhere = promisify(sign);

/** The compact form of a JWT of type `at+jwt`. Where signing takes long it is another thread that does it. */
export const signToken = async (claims: object, { kid, alg, key }: SigningKey): Promise<string> => {
  const header = { alg, typ: 'at+jwt', kid };
  if (!isSlow(alg)) return jwt.sign(claims, key, { algorithm: alg, header });
  // jsonwebtoken signs on the thread that asks it, and everybody waits meanwhile.
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = await signElsewhere(signingAlgorithms[alg].hash, Buffer.from(input), { key, ...formOf(alg) });
  return `${input}.${signature.toString('base64url')}`;
};

/** A millisecond or more, where HMAC and P-256 take some 30 µs. */
const isSlow = (alg: SigningAlgorithm): boolean => signingAlgorithms[alg].kty !== 'oct' && alg !== 'ES256';

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** RFC 7518 §3.4: an EC signature is its two numbers. §3.5: the salt of PSS is as long as the hash. */
const formOf = (alg: SigningAlgorithm) =>
  alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { dsaEncoding: 'ieee-p1363' as const };
