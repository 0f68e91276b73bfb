import type { ProvenIdentity } from '../domain/identity.ts';

/**
 * An identity provider: Google, GitHub, a company's own. The provider's codes and tokens never leave an adapter; the result is
 * an identity. Every method settles within 5 s, whatever the provider does.
 */
export type IdentityProvider = {
  /** The name in configuration and paths: `google`. */
  readonly name: string;
  /** Resolves with the URL to send a browser to for a sign-in. Errors: PROVIDER_FAILED. */
  readonly authorizationUrl: (request: AuthorizationRequest) => Promise<string>;
  /**
   * Resolves with the identity of the browser that returned with these parameters, verified with everything the provider's
   * protocol offers: state, issuer (RFC 9207), PKCE, and the signature, audience, times and nonce of an ID token.
   * Errors: PROVIDER_DENIED (by the person or the provider), PROVIDER_FAILED.
   */
  readonly identify: (parameters: URLSearchParams, request: AuthorizationRequest) => Promise<ProvenIdentity>;
};

export type AuthorizationRequest = {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
};
