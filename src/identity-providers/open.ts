import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import type { IdentityProvider } from './identity-provider.ts';

/** The providers of a configuration, by name. What speaks to them is loaded when the first of them is needed. */
export const openIdentityProviders = (
  settings: readonly ProviderSettings[],
  /** A clock that is never set, in milliseconds. */
  monotonic: () => number,
): ReadonlyMap<string, IdentityProvider> =>
  new Map(settings.map((one) => [one.name, loadedWhenNeeded(one, monotonic)]));

const loadedWhenNeeded = (settings: ProviderSettings, monotonic: () => number): IdentityProvider => {
  let loaded: Promise<IdentityProvider> | null = null;
  const load = () => {
    loaded ??= import('./code-flow.ts').then((module) => module.createIdentityProvider(settings, monotonic));
    return loaded;
  };
  return {
    name: settings.name,
    authorizationUrl: async (request) => (await load()).authorizationUrl(request),
    identify: async (parameters, request) => (await load()).identify(parameters, request),
  };
};
