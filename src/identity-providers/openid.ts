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
import type { Secret } from '../domain/secret.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { isPlainHttp, requestTimeoutSeconds } from './client.ts';
import { type Dialect, type Tokens, toEmail, toName, toSubject } from './provider-quirks.ts';

/** How long metadata is believed before it is asked for again. Keys have a shorter time of the library's own. */
const metadataMaxAgeMs = 3_600_000;

/** OpenID Connect, found by discovery. */
export const openId = (settings: ProviderSettings, monotonic: () => number): Dialect => ({
  configure: remembered(() => discover(settings), monotonic),
  scope: 'openid email profile',
  isOpenId: true,
  readPerson,
});

const discover = (settings: ProviderSettings): Promise<Configuration> =>
  discovery(new URL(settings.issuer), settings.clientId, {}, clientSecret(settings.clientSecret), {
    timeout: requestTimeoutSeconds,
    [customFetch]: boundedFetch,
    // A signature is checked although the token comes straight from its issuer (OpenID Connect Core §3.1.3.7 would trust TLS).
    execute: [enableNonRepudiationChecks, ...(isPlainHttp(settings) ? [allowInsecureRequests] : [])],
  });

/** As the provider wants it; Basic is what it wants if it says nothing (OpenID Connect Discovery §3). */
const clientSecret = (secret: Secret): ClientAuth => {
  const [basic, post] = [ClientSecretBasic(secret.reveal()), ClientSecretPost(secret.reveal())];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
};

/** One answer for all who ask within its time. A failure is nobody's answer but theirs who waited for it. */
const remembered = <T>(work: () => Promise<T>, monotonic: () => number): (() => Promise<T>) => {
  let last: { readonly answer: Promise<T>; readonly at: number } | null = null;
  return () => {
    if (last && monotonic() - last.at < metadataMaxAgeMs) return last.answer;
    const asked = { answer: work(), at: monotonic() };
    last = asked;
    asked.answer.catch(() => {
      if (last === asked) last = null;
    });
    return asked.answer;
  };
};

/** Claims may be in the ID token, at the UserInfo endpoint, or in both (OpenID Connect Core §5.4): the ID token goes first. */
const readPerson = async (config: Configuration, tokens: Tokens): ReturnType<Dialect['readPerson']> => {
  const claims = tokens.claims();
  if (!claims) throw new Error('there is no ID token');
  const hasMore = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined;
  const told = hasMore ? await fetchUserInfo(config, tokens.access_token, claims.sub) : claims;
  return {
    issuer: claims.iss,
    subject: toSubject(claims.sub),
    email: toEmail(told['email']),
    // The boolean, and nothing that looks like it: "true" has come from providers that had checked nothing.
    emailVerified: told['email_verified'] === true,
    name: toName(told['name'], told['preferred_username']),
  };
};
