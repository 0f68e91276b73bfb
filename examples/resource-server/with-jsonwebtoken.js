import { createPublicKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { audience, issuer, serve } from './server.js';

const leastMsBetweenFetches = 10_000;

let keys = new Map();
let fetchedAt = Number.NEGATIVE_INFINITY;

/** Resolves to the key that a token names. An unknown key may be new, but attackers can send any number of unknown names. */
const keyFor = async (kid) => {
  if (!keys.has(kid) && Date.now() - fetchedAt > leastMsBetweenFetches) {
    fetchedAt = Date.now();
    const answer = await fetch(`${issuer}/.well-known/jwks.json`, { signal: AbortSignal.timeout(2_000) });
    const set = await answer.json();
    keys = new Map(
      set.keys.map((jwk) => [jwk.kid, { alg: jwk.alg, key: createPublicKey({ key: jwk, format: 'jwk' }) }]),
    );
  }
  const found = keys.get(kid);
  if (!found) throw new Error('unknown key');
  return found;
};

serve(async (token) => {
  const header = jwt.decode(token, { complete: true })?.header;
  if (header?.typ !== 'at+jwt') throw new Error('not an access token');
  const { alg, key } = await keyFor(header.kid);
  // The algorithm of the key, never the one that the token names.
  return jwt.verify(token, key, { algorithms: [alg], issuer, audience, clockTolerance: 5 });
});
