/**
 * The algorithms of access tokens, and the key each one needs (RFC 7518 §3.1). `hash` is the name in node:crypto, `curve` the
 * name in a JWK. `leastSecretBytes`: a secret is at least as long as the hash (§3.2).
 */
export const signingAlgorithms = {
  HS256: { kty: 'oct', hash: 'sha256', leastSecretBytes: 32 },
  HS384: { kty: 'oct', hash: 'sha384', leastSecretBytes: 48 },
  HS512: { kty: 'oct', hash: 'sha512', leastSecretBytes: 64 },
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  PS256: { kty: 'RSA', hash: 'sha256' },
  PS384: { kty: 'RSA', hash: 'sha384' },
  PS512: { kty: 'RSA', hash: 'sha512' },
  ES256: { kty: 'EC', hash: 'sha256', curve: 'P-256' },
  ES384: { kty: 'EC', hash: 'sha384', curve: 'P-384' },
  ES512: { kty: 'EC', hash: 'sha512', curve: 'P-521' },
} as const satisfies Record<string, AlgorithmRow>;

type AlgorithmRow =
  | { readonly kty: 'oct'; readonly hash: string; readonly leastSecretBytes: number }
  | { readonly kty: 'RSA'; readonly hash: string }
  | { readonly kty: 'EC'; readonly hash: string; readonly curve: string };

export type SigningAlgorithm = keyof typeof signingAlgorithms;

/** Whether the value is exactly the name of an algorithm: not `hs256`, `none` or a property of the prototype. */
export const isSigningAlgorithm = (value: unknown): value is SigningAlgorithm =>
  typeof value === 'string' && Object.hasOwn(signingAlgorithms, value);

export const signingAlgorithmNames: readonly SigningAlgorithm[] =
  Object.keys(signingAlgorithms).filter(isSigningAlgorithm);
