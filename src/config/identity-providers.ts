import { z } from 'zod';
import { isPlainLoopback } from '../domain/loopback.ts';
import { Secret } from '../domain/secret.ts';
import type { ProviderSettings } from '../identity-providers/identity-provider.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What these are known to be; any other name is an OpenID provider. */
const known: Readonly<Record<string, Pick<ProviderSettings, 'kind' | 'issuer'>>> = {
  GOOGLE: { kind: 'openid', issuer: 'https://accounts.google.com' },
  GITHUB: { kind: 'github', issuer: 'https://github.com' },
  FACEBOOK: { kind: 'facebook', issuer: 'https://www.facebook.com' },
};

const form = /^OAUTH_([A-Z0-9]+(?:_[A-Z0-9]+)*)_(CLIENT_ID|CLIENT_SECRET|ISSUER)$/;
/** The one that begins like them and is about all of them. */
const aboutAll = 'OAUTH_RETURN_URLS';

/** Identity providers by `OAUTH_<NAME>_CLIENT_ID`, `_CLIENT_SECRET` and `_ISSUER`, and every problem with them. */
export const parseProviders = (
  env: Variables,
): { readonly providers: readonly ProviderSettings[]; readonly problems: readonly string[] } => {
  const variables = Object.keys(env).filter((name) => name.startsWith('OAUTH_') && name !== aboutAll);
  const strangers = variables.filter((name) => !form.test(name));
  const names = new Set(variables.flatMap((variable) => form.exec(variable)?.[1] ?? []));
  const parsed = [...names].sort().map((name) => parseProvider(name, env));
  const providers = parsed.flatMap(({ provider }) => provider ?? []);
  return {
    providers,
    problems: [
      ...strangers.map(
        (name) => `${name} is no variable; OAUTH_ is followed by a name and CLIENT_ID, CLIENT_SECRET or ISSUER.`,
      ),
      ...parsed.flatMap(({ problems }) => problems),
      ...(names.size > 0 && !env[aboutAll]
        ? [`${aboutAll} is missing; it says where browsers may return to from a provider.`]
        : []),
    ],
  };
};

const parseProvider = (
  name: string,
  env: Variables,
): { readonly provider: ProviderSettings | null; readonly problems: readonly string[] } => {
  const [id, secret, site] = ['CLIENT_ID', 'CLIENT_SECRET', 'ISSUER'].map((end) => env[`OAUTH_${name}_${end}`]);
  const { kind = 'openid', issuer = site } = known[name] ?? {};
  const problems = [
    ...(id ? [] : [`OAUTH_${name}_CLIENT_ID is missing.`]),
    ...(secret ? [] : [`OAUTH_${name}_CLIENT_SECRET is missing.`]),
    ...(issuer
      ? []
      : [`OAUTH_${name}_ISSUER is missing; only ${Object.keys(known).join(', ')} are known without one.`]),
    ...(site === undefined || isIssuer(site)
      ? []
      : [`OAUTH_${name}_ISSUER must be an https URL without query or fragment.`]),
  ];
  if (problems.length > 0 || !id || !secret || !issuer) return { provider: null, problems };
  const settings = { name: name.toLowerCase().replaceAll('_', '-'), kind, issuer: site ?? issuer, clientId: id };
  return { provider: { ...settings, clientSecret: new Secret(secret) }, problems };
};

const isIssuer = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && isConfidential(url) && !url.search && !url.hash && !url.username;
};

export const returnUrlList = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .refine((items) => items.every(isReturnUrl), {
    error:
      'must be a comma-separated list of URLs as browsers write them (https, or http on localhost; a slash after the host; no fragment)',
  });

/**
 * Where browsers may return to. Compared letter by letter with what is asked for, so that an entry is written as browsers
 * write URLs: nothing to normalise, nothing to match by pattern. Apps have a scheme of their own with a dot in it (RFC 8252 §7.1).
 */
const isReturnUrl = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (
    url === null ||
    url.href !== text ||
    text.includes('#') ||
    url.hostname.includes('*') ||
    url.username ||
    url.password
  )
    return false;
  return isConfidential(url) || /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(url.protocol);
};

const isConfidential = (url: URL): boolean => url.protocol === 'https:' || isPlainLoopback(url);
