import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import { createIdentityRoutes } from '../http/oauth/identity-flow.ts';
import { createFlowCookies } from '../http/oauth/identity-flow-cookie.ts';
import { identityPaths } from '../http/oauth/paths.ts';
import { openIdentityProviders } from '../identity-providers/open.ts';
import { createIdentityFlows, flowLifetimeMs } from '../services/identity-flows.ts';
import type { Limits } from '../services/limits.ts';
import type { Stores } from '../stores/open.ts';
import type { Log } from '../telemetry/log.ts';

type Parts = {
  readonly config: Config;
  readonly stores: Pick<Stores, 'identityFlows'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Pick<Limits, 'consume'>;
};

/** The ways to the identity providers of the configuration and back. */
export const createIdentityEdge = ({
  config,
  stores,
  clock,
  log,
  limits,
}: Parts): ReturnType<typeof createIdentityRoutes> => {
  const { issuer, returnUrls } = config;
  const providers = openIdentityProviders(config.identityProviders, () => performance.now());
  const flows = createIdentityFlows({
    providers,
    flows: stores.identityFlows,
    returnUrls,
    callbackUrl: (provider) => issuer + identityPaths(provider).callback,
    clock,
    onFailure: (error, provider) => log.warn({ err: error, provider }, 'a sign-in at a provider failed'),
  });
  const cookies = createFlowCookies({ issuer, lifetimeMs: flowLifetimeMs });
  return createIdentityRoutes({ providers: [...providers.keys()], flows, cookies, consume: limits.consume });
};
