import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import type { Signals } from '../domain/signals.ts';
import { createIdentityRoutes } from '../http/oauth/identity-flow.ts';
import { createFlowCookies } from '../http/oauth/identity-flow-cookie.ts';
import { identityPaths } from '../http/oauth/paths.ts';
import { openIdentityProviders } from '../identity-providers/open.ts';
import { createIdentityFlows, flowLifetimeMs } from '../services/identity-flows.ts';
import type { Limits } from '../services/limits.ts';
import type { StorePorts } from '../stores/open.ts';

type IdentityEdgeDeps = {
  readonly config: Config;
  readonly ports: Pick<StorePorts, 'identityFlows'>;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'providerFailed'>;
  readonly limits: Pick<Limits, 'consume'>;
};

/** The routes that send browsers to the configured identity providers and receive them back. */
export const createIdentityRouteHandlers = ({
  config,
  ports,
  clock,
  signals,
  limits,
}: IdentityEdgeDeps): ReturnType<typeof createIdentityRoutes> => {
  const { issuer, returnUrls } = config;
  const providers = openIdentityProviders(config.identityProviders, () => performance.now(), clock);
  const flows = createIdentityFlows({
    providers,
    flows: ports.identityFlows,
    returnUrls,
    callbackUrl: (provider) => issuer + identityPaths(provider).callback,
    clock,
    signals,
  });
  const cookies = createFlowCookies({ issuer, lifetimeMs: flowLifetimeMs });
  return createIdentityRoutes({ providers: [...providers.keys()], flows, cookies, consume: limits.consume });
};
