import type { Clock } from '../domain/clock.ts';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import type { IdentityProvider } from './identity-provider.ts';

/** Returns the configured providers by name. The OpenID client is loaded when the first of them is used. */
export const openIdentityProviders = (
  settings: readonly ProviderSettings[],
  /** Monotonic clock (performance.now), milliseconds. */
  monotonic: () => number,
  clock: Clock,
): ReadonlyMap<string, IdentityProvider> =>
  new Map(settings.map((provider) => [provider.name, lazyProvider(provider, monotonic, clock)]));

const lazyProvider = (settings: ProviderSettings, monotonic: () => number, clock: Clock): IdentityProvider => {
  let loaded: Promise<IdentityProvider> | null = null;
  const load = () => {
    loaded ??= import('./code-flow.ts').then((module) => module.createIdentityProvider(settings, monotonic, clock));
    return loaded;
  };
  return {
    name: settings.name,
    authorizationUrl: async (request) => (await load()).authorizationUrl(request),
    identify: async (parameters, request) => (await load()).identify(parameters, request),
  };
};
