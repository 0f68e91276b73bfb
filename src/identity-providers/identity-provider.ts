import type { ProvenIdentity } from '../domain/identity.ts';
import type { Secret } from '../domain/secret.ts';

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

/** The configuration of one provider. */
export type ProviderSettings = {
  readonly name: string;
  /** Its protocol: OpenID Connect, or OAuth 2.0 with its own API for the identity. */
  readonly kind: 'openid' | 'github' | 'facebook';
  /** The issuer of an OpenID provider; for the others the URL of their site. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
};
