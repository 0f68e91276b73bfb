import { fetchProtectedResource } from 'openid-client';
import { appSecretProof } from '../crypto/app-secret-proof.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { configureByHand } from './client.ts';
import { UnexpectedStatus } from './failure.ts';
import { type ProviderQuirks, toEmail, toName, toSubject } from './provider-quirks.ts';

const site = 'https://www.facebook.com';

/** Facebook: OAuth 2.0, and one request to the Graph API. A path without a version means the oldest version the app may use. */
export const facebook = (settings: ProviderSettings): ProviderQuirks => {
  const graph = settings.issuer === site ? 'https://graph.facebook.com' : settings.issuer;
  const config = configureByHand(settings, {
    issuer: settings.issuer,
    authorization_endpoint: `${settings.issuer}/dialog/oauth`,
    token_endpoint: `${graph}/oauth/access_token`,
  });
  return {
    configure: async () => config,
    scope: 'email public_profile',
    isOpenId: false,
    readProfile: async (_config, { access_token: accessToken }) => {
      const me = new URL(`${graph}/me`);
      me.searchParams.set('fields', 'id,name,email');
      me.searchParams.set('appsecret_proof', appSecretProof(accessToken, settings.clientSecret));
      const response = await fetchProtectedResource(config, accessToken, me, 'GET');
      if (response.status !== 200) throw new UnexpectedStatus(response.status);
      const { id, name, email } = await response.json();
      return {
        issuer: settings.issuer,
        subject: toSubject(id),
        email: toEmail(email),
        // Facebook omits an email that its owner has not confirmed, and has none for accounts with only a telephone number.
        emailVerified: toEmail(email) !== null,
        name: toName(name),
      };
    },
  };
};
