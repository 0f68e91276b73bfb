import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { clientId, clientSecret } from './identity-providers.ts';

/**
 * A certified OpenID provider (panva/node-oidc-provider) on a free port of localhost, with its own pages. It accepts any login.
 * Claims are at its UserInfo endpoint alone (OpenID Connect Core §5.4).
 */
export const startCertifiedProvider = async (redirectUri: string) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()));
  const address = server.address();
  const issuer = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AuthorizationCode: 60, AccessToken: 600, IdToken: 600 },
    cookies: { keys: ['for tests alone'] },
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: sub, email: `${sub}@example.com`, email_verified: true }),
    }),
  });
  server.on('request', provider.callback());
  return {
    issuer,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
