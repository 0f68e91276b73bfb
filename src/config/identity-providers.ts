import { Secret } from '../domain/secret.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { isConfidential } from './return-urls.ts';
import { parseTrustedEmails } from './trusted-emails.ts';
import { providerVariable, type Variables } from './variables.ts';

/** Any other name is an OpenID provider and needs an issuer. */
const builtIn: Readonly<Record<string, Pick<ProviderSettings, 'kind' | 'issuer'>>> = {
  GOOGLE: { kind: 'openid', issuer: 'https://accounts.google.com' },
  GITHUB: { kind: 'github', issuer: 'https://github.com' },
  FACEBOOK: { kind: 'facebook', issuer: 'https://www.facebook.com' },
};

const returnUrls = 'OAUTH_RETURN_URLS';

/** Returns the providers that `OAUTH_<NAME>_CLIENT_ID`, `_CLIENT_SECRET`, `_ISSUER` and `_TRUST_EMAIL` describe, and every problem with them. */
export const parseProviders = (
  env: Variables,
): { readonly providers: readonly ProviderSettings[]; readonly problems: readonly string[] } => {
  const variables = Object.keys(env).filter((name) => name.startsWith('OAUTH_') && name !== returnUrls);
  const unknown = variables.filter((name) => !providerVariable.test(name));
  const names = new Set(variables.flatMap((variable) => providerVariable.exec(variable)?.[1] ?? []));
  const parsed = [...names].sort().map((name) => parseProvider(name, env));
  return {
    providers: parsed.flatMap(({ provider }) => provider ?? []),
    problems: [
      ...unknown.map(
        (name) =>
          `${name} is not a known variable; use OAUTH_<NAME>_ followed by CLIENT_ID, CLIENT_SECRET, ISSUER or TRUST_EMAIL.`,
      ),
      ...parsed.flatMap(({ problems }) => problems),
      ...(names.size > 0 && !env[returnUrls]
        ? [`${returnUrls} is missing; list the URLs a browser may return to after signing in at a provider.`]
        : []),
    ],
  };
};

const parseProvider = (
  name: string,
  env: Variables,
): { readonly provider: ProviderSettings | null; readonly problems: readonly string[] } => {
  const [id, secret, site] = ['CLIENT_ID', 'CLIENT_SECRET', 'ISSUER'].map((end) => env[`OAUTH_${name}_${end}`]);
  const { kind = 'openid', issuer = site } = builtIn[name] ?? {};
  const trusted = parseTrustedEmails(env[`OAUTH_${name}_TRUST_EMAIL`] ?? 'off', { kind, issuer: issuer ?? '' });
  const problems = [
    ...(id ? [] : [`OAUTH_${name}_CLIENT_ID is missing.`]),
    ...(secret ? [] : [`OAUTH_${name}_CLIENT_SECRET is missing.`]),
    ...(issuer
      ? []
      : [`OAUTH_${name}_ISSUER is missing; only ${Object.keys(builtIn).join(', ')} have a built-in issuer.`]),
    ...(site === undefined || isIssuer(site)
      ? []
      : [`OAUTH_${name}_ISSUER must be an https URL without a query or fragment.`]),
    ...(trusted.problem ? [`OAUTH_${name}_TRUST_EMAIL ${trusted.problem}.`] : []),
  ];
  if (problems.length > 0 || !id || !secret || !issuer) return { provider: null, problems };
  const settings = { name: name.toLowerCase().replaceAll('_', '-'), kind, issuer: site ?? issuer, clientId: id };
  return { provider: { ...settings, clientSecret: new Secret(secret), trustedEmails: trusted.domains }, problems };
};

const isIssuer = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && isConfidential(url) && !url.search && !url.hash && !url.username;
};
