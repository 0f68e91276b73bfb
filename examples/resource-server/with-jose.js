import { createRemoteJWKSet, jwtVerify } from 'jose';
import { audience, issuer, serve } from './server.js';

// Fetched on first use, cached, and fetched again for an unknown key.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

serve(async (token) => {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    typ: 'at+jwt', // No other kind of token from this issuer is accepted as an access token.
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
    clockTolerance: 5,
  });
  return payload;
});
