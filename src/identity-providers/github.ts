import { type Configuration, fetchProtectedResource } from 'openid-client';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { configureByHand } from './client.ts';
import { nullIfRefused, UnexpectedStatus } from './failure.ts';
import { type ProviderQuirks, type Tokens, toEmail, toName, toSubject } from './provider-quirks.ts';

/**
 * GitHub: OAuth 2.0, and two requests to its API. The issuer is the `iss` (RFC 9207) that GitHub sends since 2026; Enterprise
 * Server may not send it yet.
 */
export const github = (settings: ProviderSettings): ProviderQuirks => {
  const issuer = `${settings.issuer}/login/oauth`;
  const api = apiOf(settings.issuer);
  const config = configureByHand(settings, {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/access_token`,
  });
  return {
    configure: async () => config,
    scope: 'read:user user:email',
    isOpenId: false,
    readProfile: async (_config, tokens) => {
      const user = toObject(await get(config, tokens, `${api}/user`));
      // A GitHub App without the permission gets 403, and an OAuth app without the scope 404. The person is known all the same.
      const emails = await nullIfRefused(get(config, tokens, `${api}/user/emails`));
      const primary = Array.isArray(emails)
        ? emails.map(toObject).find((email) => email['primary'] === true)
        : undefined;
      return {
        issuer,
        // The number: a login name can be released and taken by somebody else.
        subject: toSubject(user['id']),
        email: toEmail(primary?.['email']),
        emailVerified: primary?.['verified'] === true,
        name: toName(user['name'], user['login']),
      };
    },
  };
};

/** Returns the API's URL: github.com, Enterprise Cloud with data residency (`*.ghe.com`) and Enterprise Server differ. */
const apiOf = (site: string): string => {
  const { protocol, host, hostname } = new URL(site);
  const hasApiHost = hostname === 'github.com' || hostname.endsWith('.ghe.com');
  return hasApiHost ? `${protocol}//api.${host}` : `${site}/api/v3`;
};

const get = async (config: Configuration, tokens: Tokens, url: string): Promise<unknown> => {
  const headers = new Headers({ accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
  const response = await fetchProtectedResource(config, tokens.access_token, new URL(url), 'GET', null, headers);
  if (response.status !== 200) throw new UnexpectedStatus(response.status);
  return response.json();
};

const toObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
