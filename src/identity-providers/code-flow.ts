import { authorizationCodeGrant, buildAuthorizationUrl, calculatePKCECodeChallenge } from 'openid-client';
import type { Clock } from '../domain/clock.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { facebook } from './facebook.ts';
import { toFailure } from './failure.ts';
import { github } from './github.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { openId } from './openid.ts';
import type { ProviderQuirks } from './provider-quirks.ts';

const deadlineMs = 5_000;

/** The authorization code flow with PKCE (RFC 9700 §2.1), the same for every provider. */
export const createIdentityProvider = (
  settings: ProviderSettings,
  monotonic: () => number,
  clock: Clock,
): IdentityProvider => {
  const quirks = quirksOf(settings, monotonic, clock);

  const authorizationUrl: IdentityProvider['authorizationUrl'] = async ({
    redirectUri,
    state,
    nonce,
    codeVerifier,
  }) => {
    const url = buildAuthorizationUrl(await quirks.configure(), {
      redirect_uri: redirectUri,
      scope: quirks.scope,
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(quirks.isOpenId ? { nonce } : {}),
    });
    return url.href;
  };

  const identify: IdentityProvider['identify'] = async (parameters, { redirectUri, state, nonce, codeVerifier }) => {
    const config = await quirks.configure();
    const url = new URL(redirectUri);
    url.search = String(parameters);
    const tokens = await authorizationCodeGrant(config, url, {
      expectedState: state,
      pkceCodeVerifier: codeVerifier,
      ...(quirks.isOpenId ? { expectedNonce: nonce, idTokenExpected: true } : {}),
    });
    return { provider: settings.name, ...(await quirks.readProfile(config, tokens)) };
  };

  return {
    name: settings.name,
    authorizationUrl: (request) => withDeadline(authorizationUrl(request)),
    identify: (parameters, request) => withDeadline(identify(parameters, request)),
  };
};

const quirksOf = (settings: ProviderSettings, monotonic: () => number, clock: Clock): ProviderQuirks => {
  switch (settings.kind) {
    case 'openid':
      return openId(settings, monotonic, clock);
    case 'github':
      return github(settings);
    case 'facebook':
      return facebook(settings);
  }
};

/** Rejects after the deadline. The requests still running then end by their own timeouts. */
const withDeadline = async <T>(work: Promise<T>): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the provider did not respond in time')), deadlineMs);
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw toFailure(error);
  } finally {
    clearTimeout(timer);
  }
};
