import { type Configuration, fetchProtectedResource } from 'openid-client';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { configureByHand } from './client.ts';
import { type Dialect, type Tokens, toEmail, toName, toSubject } from './provider-quirks.ts';

/**
 * GitHub: OAuth 2.0, and two questions to its API. The issuer is what GitHub says in `iss` (RFC 9207), which it sends since
 * 2026; servers of enterprises may not yet.
 */
export const github = (settings: ProviderSettings): Dialect => {
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
    readPerson: async (_config, tokens) => {
      const user = toObject(await ask(config, tokens, `${api}/user`));
      const emails = await ask(config, tokens, `${api}/user/emails`);
      const primary = Array.isArray(emails)
        ? emails.map(toObject).find((email) => email['primary'] === true)
        : undefined;
      return {
        issuer,
        // The number: a login name can be given up, and taken by somebody else.
        subject: toSubject(user['id']),
        email: toEmail(primary?.['email']),
        emailVerified: primary?.['verified'] === true,
        name: toName(user['name'], user['login']),
      };
    },
  };
};

/** `github.com`, Enterprise Cloud with data residency (`*.ghe.com`) and Enterprise Server have it in three places. */
const apiOf = (site: string): string => {
  const { protocol, host, hostname } = new URL(site);
  const hasApiHost = hostname === 'github.com' || hostname.endsWith('.ghe.com');
  return hasApiHost ? `${protocol}//api.${host}` : `${site}/api/v3`;
};

const ask = async (config: Configuration, tokens: Tokens, url: string): Promise<unknown> => {
  const headers = new Headers({ accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
  const answer = await fetchProtectedResource(config, tokens.access_token, new URL(url), 'GET', null, headers);
  if (answer.status !== 200) throw new Error(`the API answers with status ${answer.status}`);
  return answer.json();
};

const toObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
