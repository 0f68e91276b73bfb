import { createRemoteJWKSet, jwtVerify } from 'jose';
import { audience, issuer, serve } from './server.js';

// Fetched when it is first needed, kept, and fetched again for a key that is not in it.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

serve(async (token) => {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    typ: 'at+jwt', // No other kind of token that this issuer may ever sign passes for an access token.
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
    clockTolerance: 5,
  });
  return payload;
});
