import type { Secret } from '../secret.ts';

/** What the server needs to know of an identity provider, and what identifies the server there. */
export type ProviderSettings = {
  /** What the provider is called in configuration and paths: `google`. */
  readonly name: string;
  /** OpenID Connect, or OAuth 2.0 with the provider's own way of identifying a person. */
  readonly kind: 'openid' | 'github' | 'facebook';
  /** The issuer of an OpenID provider; for the others, the base URL of their sites. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** The domains of emails that an OpenID provider vouches for without `email_verified`, normalised; `all`, or an empty list for none. */
  readonly trustedEmails: 'all' | readonly string[];
};
