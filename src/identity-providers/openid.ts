import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client';
import { type Clock, type EpochSeconds, toSeconds } from '../domain/clock.ts';
import type { Secret } from '../domain/secret.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { isPlainHttp, requestTimeoutSeconds } from './client.ts';
import { type ProviderQuirks, type Tokens, toEmail, toName, toSubject } from './provider-quirks.ts';

/** How long metadata is cached. The library caches keys for a shorter time. */
const metadataMaxAgeMs = 3_600_000;
/** How far a provider's clock may be ahead of ours. */
const maxAheadSeconds = 300;

/** OpenID Connect, configured by discovery. */
export const openId = (settings: ProviderSettings, monotonic: () => number, clock: Clock): ProviderQuirks => ({
  configure: cached(() => discover(settings), monotonic),
  scope: 'openid email profile',
  isOpenId: true,
  readProfile: (config, tokens) => readPerson(config, tokens, toSeconds(clock())),
});

const discover = (settings: ProviderSettings): Promise<Configuration> =>
  discovery(new URL(settings.issuer), settings.clientId, {}, clientSecret(settings.clientSecret), {
    timeout: requestTimeoutSeconds,
    [customFetch]: boundedFetch,
    // Verifies the signature although the token comes directly from its issuer (OpenID Connect Core §3.1.3.7 would trust TLS).
    execute: [enableNonRepudiationChecks, ...(isPlainHttp(settings) ? [allowInsecureRequests] : [])],
  });

/** Uses a method that the provider supports; Basic is the default (OpenID Connect Discovery §3). */
const clientSecret = (secret: Secret): ClientAuth => {
  const [basic, post] = [ClientSecretBasic(secret.reveal()), ClientSecretPost(secret.reveal())];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
};

/** Caches a result for its lifetime. A failure is returned only to the callers who waited for it. */
const cached = <T>(work: () => Promise<T>, monotonic: () => number): (() => Promise<T>) => {
  let last: { readonly result: Promise<T>; readonly at: number } | null = null;
  return () => {
    if (last && monotonic() - last.at < metadataMaxAgeMs) return last.result;
    const current = { result: work(), at: monotonic() };
    last = current;
    current.result.catch(() => {
      if (last === current) last = null;
    });
    return current.result;
  };
};

/** Claims can be in the ID token, at the UserInfo endpoint, or in both (OpenID Connect Core §5.4): the ID token has priority. */
const readPerson = async (
  config: Configuration,
  tokens: Tokens,
  now: EpochSeconds,
): ReturnType<ProviderQuirks['readProfile']> => {
  const claims = tokens.claims();
  if (!claims) throw new Error('the provider sent no ID token');
  // The library checks that `iat` is a number, not when that is. A token from the future would be good for longer than it says.
  if (claims.iat > now + maxAheadSeconds) throw new Error('the ID token was issued in the future');
  const needsUserInfo = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined;
  const profile = needsUserInfo ? await fetchUserInfo(config, tokens.access_token, claims.sub) : claims;
  return {
    issuer: claims.iss,
    subject: toSubject(claims.sub),
    email: toEmail(profile['email']),
    // Only the boolean: providers that verified nothing have sent the string "true".
    emailVerified: profile['email_verified'] === true,
    name: toName(profile['name'], profile['preferred_username']),
  };
};
