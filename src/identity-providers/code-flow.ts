import { authorizationCodeGrant, buildAuthorizationUrl, calculatePKCECodeChallenge } from 'openid-client';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { facebook } from './facebook.ts';
import { toFailure } from './failure.ts';
import { github } from './github.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { openId } from './openid.ts';
import type { Dialect } from './provider-quirks.ts';

const deadlineMs = 5_000;

/** The authorization code flow with PKCE (RFC 9700 §2.1), the same for every provider. */
export const createIdentityProvider = (settings: ProviderSettings, monotonic: () => number): IdentityProvider => {
  const dialect = dialectOf(settings, monotonic);

  const authorizationUrl: IdentityProvider['authorizationUrl'] = async ({
    redirectUri,
    state,
    nonce,
    codeVerifier,
  }) => {
    const url = buildAuthorizationUrl(await dialect.configure(), {
      redirect_uri: redirectUri,
      scope: dialect.scope,
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(dialect.isOpenId ? { nonce } : {}),
    });
    return url.href;
  };

  const identify: IdentityProvider['identify'] = async (parameters, { redirectUri, state, nonce, codeVerifier }) => {
    const config = await dialect.configure();
    const url = new URL(redirectUri);
    url.search = String(parameters);
    const tokens = await authorizationCodeGrant(config, url, {
      expectedState: state,
      pkceCodeVerifier: codeVerifier,
      ...(dialect.isOpenId ? { expectedNonce: nonce, idTokenExpected: true } : {}),
    });
    return { provider: settings.name, ...(await dialect.readPerson(config, tokens)) };
  };

  return {
    name: settings.name,
    authorizationUrl: (request) => answering(authorizationUrl(request)),
    identify: (parameters, request) => answering(identify(parameters, request)),
  };
};

const dialectOf = (settings: ProviderSettings, monotonic: () => number): Dialect => {
  switch (settings.dialect) {
    case 'openid':
      return openId(settings, monotonic);
    case 'github':
      return github(settings);
    case 'facebook':
      return facebook(settings);
  }
};

/** In time, or not at all. The requests that are left behind have limits of their own. */
const answering = async <T>(work: Promise<T>): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the provider did not answer in time')), deadlineMs);
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw toFailure(error);
  } finally {
    clearTimeout(timer);
  }
};
