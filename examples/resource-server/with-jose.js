import { createRemoteJWKSet, jwtVerify } from 'jose';
import { audience, issuer, serve } from './server.js';

// Fetches the key set when it is first needed, caches it, and fetches it again for an unknown key.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

serve(async (token) => {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    typ: 'at+jwt', // So that no other kind of token from this issuer passes for an access token.
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
    clockTolerance: 5,
  });
  return payload;
});
