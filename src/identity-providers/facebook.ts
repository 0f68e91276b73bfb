import { fetchProtectedResource } from 'openid-client';
import { appSecretProof } from '../crypto/app-secret-proof.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { configureByHand } from './client.ts';
import { type Dialect, toEmail, toName, toSubject } from './provider-quirks.ts';

const site = 'https://www.facebook.com';

/** Facebook: OAuth 2.0, and one question to the Graph API. Paths without a version mean the oldest that the app may use. */
export const facebook = (settings: ProviderSettings): Dialect => {
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
    readPerson: async (_config, { access_token: accessToken }) => {
      const me = new URL(`${graph}/me`);
      me.searchParams.set('fields', 'id,name,email');
      me.searchParams.set('appsecret_proof', appSecretProof(accessToken, settings.clientSecret));
      const answer = await fetchProtectedResource(config, accessToken, me, 'GET');
      if (answer.status !== 200) throw new Error(`the API answers with status ${answer.status}`);
      const { id, name, email } = await answer.json();
      return {
        issuer: settings.issuer,
        subject: toSubject(id),
        email: toEmail(email),
        // Facebook leaves out an email that its owner has not confirmed, and whoever has a telephone number alone.
        emailVerified: toEmail(email) !== null,
        name: toName(name),
      };
    },
  };
};
