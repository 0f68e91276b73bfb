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
  type IDToken,
} from 'openid-client';
import { type Clock, type EpochSeconds, toSeconds } from '../domain/clock.ts';
import { domainOf } from '../domain/email.ts';
import type { Secret } from '../domain/secret.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { cached } from './cached.ts';
import { configureByHand, isPlainHttp, requestTimeoutSeconds } from './client.ts';
import { nullIfRefused } from './failure.ts';
import {
  type ProviderProfile,
  type ProviderQuirks,
  type Tokens,
  toEmail,
  toName,
  toSubject,
} from './provider-quirks.ts';
import { createSignatureCheck } from './signature-check.ts';

/** How long metadata is cached. Keys are cached for a shorter time: see `signature-check.ts`. */
const metadataMaxAgeMs = 3_600_000;
/** How far a provider's clock may be ahead of ours. */
const maxAheadSeconds = 300;

/** OpenID Connect, configured by discovery. */
export const openId = (settings: ProviderSettings, monotonic: () => number, clock: Clock): ProviderQuirks => {
  const verifySignature = createSignatureCheck(settings, monotonic);
  return {
    configure: cached(() => discover(settings), metadataMaxAgeMs, monotonic),
    scope: 'openid email profile',
    isOpenId: true,
    readProfile: async (config, tokens) => {
      const claims = tokens.claims();
      if (!claims || !tokens.id_token) throw new Error('the provider sent no ID token');
      requirePresent(claims, toSeconds(clock()));
      // Although the token comes directly from its issuer (OpenID Connect Core §3.1.3.7 would trust TLS).
      await verifySignature(tokens.id_token, config.serverMetadata().jwks_uri);
      return toProfile(settings, claims, await readClaims(settings, config, tokens, claims));
    },
  };
};

/** The library checks that `iat` is a number, not when that is. A token from the future would be good for longer than it says. */
const requirePresent = ({ iat }: IDToken, now: EpochSeconds): void => {
  if (iat > now + maxAheadSeconds) throw new Error('the ID token was issued in the future');
};

const discover = (settings: ProviderSettings): Promise<Configuration> =>
  discovery(new URL(settings.issuer), settings.clientId, {}, clientSecret(settings.clientSecret), {
    timeout: requestTimeoutSeconds,
    [customFetch]: boundedFetch,
    execute: isPlainHttp(settings) ? [allowInsecureRequests] : [],
  });

/** Uses a method that the provider supports; Basic is the default (OpenID Connect Discovery §3). */
const clientSecret = (secret: Secret): ClientAuth => {
  const [basic, post] = [ClientSecretBasic(secret.reveal()), ClientSecretPost(secret.reveal())];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
};

/** Claims can be in the ID token, at the UserInfo endpoint, or in both (OpenID Connect Core §5.4): the ID token has priority. */
const readClaims = async (
  settings: ProviderSettings,
  config: Configuration,
  tokens: Tokens,
  claims: IDToken,
): Promise<Claims> => {
  const server = config.serverMetadata();
  if (claims['email'] !== undefined || server.userinfo_endpoint === undefined) return claims;
  const signed = configureByHand(settings, server);
  enableNonRepudiationChecks(signed); // for a response that is a token
  return (await nullIfRefused(fetchUserInfo(signed, tokens.access_token, claims.sub))) ?? claims;
};

type Claims = Readonly<Record<string, unknown>>;

const toProfile = (settings: ProviderSettings, { iss, sub }: IDToken, claims: Claims): ProviderProfile => {
  const email = toEmail(claims['email']);
  return {
    issuer: iss,
    subject: toSubject(sub),
    email,
    emailVerified: email !== null && isVerified(settings, email, claims['email_verified']),
    name: toName(claims['name'], claims['preferred_username']),
  };
};

/**
 * Only the boolean is taken from a provider: some that verified nothing have sent the string "true". Where a provider does not say,
 * the configuration may vouch for its emails; it never overrules a provider that says the email is not verified.
 */
const isVerified = ({ trustedEmails }: ProviderSettings, email: string, said: unknown): boolean => {
  if (said === true) return true;
  const isTrusted = trustedEmails === 'all' || trustedEmails.includes(domainOf(email));
  return isTrusted && (said === undefined || said === null || said === 'true');
};
