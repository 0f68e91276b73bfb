// Verifies an access token with nothing but node:crypto:
//   curl -s http://localhost:4000/.well-known/jwks.json | node check.js "$ACCESS_TOKEN"
// Prints its claims, or fails. It does not compare iss, aud and exp: do that yourself.
import { createPublicKey, verify } from 'node:crypto';
import { text } from 'node:stream/consumers';

const [header, payload, signature] = process.argv[2].split('.');
const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));

const { kid } = read(header);
const jwk = JSON.parse(await text(process.stdin)).keys.find((key) => key.kid === kid && key.alg === 'ES256');
const key = createPublicKey({ key: jwk, format: 'jwk' });
const isSigned = verify(
  'sha256',
  Buffer.from(`${header}.${payload}`),
  { key, dsaEncoding: 'ieee-p1363' },
  Buffer.from(signature, 'base64url'),
);
if (!isSigned) throw new Error('The signature was not made with this key.');
process.stdout.write(`${JSON.stringify(read(payload))}\n`);
