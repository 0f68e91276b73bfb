import type { ProvenIdentity } from '../domain/identity.ts';
import type { Secret } from '../domain/secret.ts';

/**
 * Somebody else who knows people: Google, GitHub, a company's own. Nothing a provider hands out (codes, tokens) leaves an
 * adapter; what comes out is who somebody is. Whatever a provider does, or fails to do, each method is over within 5 s.
 */
export type IdentityProvider = {
  /** What it is called in configuration and paths: `google`. */
  readonly name: string;
  /** Where to send a browser whose person is to sign in there. Errors: PROVIDER_FAILED. */
  readonly authorizationUrl: (request: AuthorizationRequest) => Promise<string>;
  /**
   * Who has come back with these parameters, checked in every way the provider's protocol has: state, issuer (RFC 9207), PKCE,
   * and the signature, audience, times and nonce of an ID token. Errors: PROVIDER_DENIED (the person, or the provider, said
   * no), PROVIDER_FAILED.
   */
  readonly identify: (parameters: URLSearchParams, request: AuthorizationRequest) => Promise<ProvenIdentity>;
};

export type AuthorizationRequest = {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
};

/** What a provider is reached with. */
export type ProviderSettings = {
  readonly name: string;
  /** How it speaks: OpenID Connect, or OAuth 2.0 with a way of its own to say who somebody is. */
  readonly kind: 'openid' | 'github' | 'facebook';
  /** The issuer of an OpenID provider; of the others, where their sites are. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
};
