import { isDomain, normalizeDomain } from '../domain/email.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';

type Trust = { readonly domains: ProviderSettings['trustedEmails']; readonly problem?: string };

/** Reads `on`, `off`, or the domains of the emails that a provider vouches for. The problem continues the name of the variable. */
export const parseTrustedEmails = (text: string, provider: Pick<ProviderSettings, 'kind' | 'issuer'>): Trust => {
  if (text === 'off') return { domains: [] };
  if (provider.kind !== 'openid')
    return { domains: [], problem: 'is for OpenID providers; this one says itself which email is verified' };
  if (isOfManyTenants(provider.issuer)) {
    return {
      domains: [],
      problem: 'needs the issuer of one tenant: the administrator of any other can give an account any email',
    };
  }
  if (text === 'on') return { domains: 'all' };
  const domains = text.split(',').map((domain) => normalizeDomain(domain.trim()));
  return domains.every(isDomain)
    ? { domains }
    : { domains: [], problem: 'must be on, off, or domains separated by commas' };
};

/** Whether everybody with an account at Microsoft can sign in at this issuer, whatever their tenant. */
const isOfManyTenants = (issuer: string): boolean => {
  const url = URL.parse(issuer);
  return (
    url !== null && microsoft.test(url.hostname) && /^\/(?:common|organizations|consumers)(?:\/|$)/i.test(url.pathname)
  );
};

const microsoft =
  /^(?:login\.(?:microsoftonline\.(?:com|us)|windows\.net|partner\.microsoftonline\.cn)|sts\.windows\.net)$/;
