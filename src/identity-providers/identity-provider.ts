import type { ProvenIdentity } from '../domain/identity.ts';

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
