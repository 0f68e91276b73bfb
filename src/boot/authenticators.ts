import {
  type Authenticator,
  apiKey,
  type BearerOptions,
  basic,
  bearer,
  cookie,
  createAuthenticate,
} from '@fieldgate/guard';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import { createKeyedDigest } from '../crypto/keyed-digest.ts';
import type { Clock } from '../domain/clock.ts';
import { createSessionCookies, type SessionCookies } from '../graphql/session-cookies.ts';
import { createBasicLogin } from '../services/basic-login.ts';
import { createRequestVerify } from '../services/key-ring.ts';
import type { Limits } from '../services/limits.ts';
import type { StorePorts } from '../stores/open.ts';
import type { Origins } from './origins.ts';
import type { Services } from './services.ts';

type AuthenticatorsDeps = {
  readonly config: Config;
  readonly ports: Pick<StorePorts, 'sessions' | 'serviceClients'>;
  readonly services: Pick<Services, 'accessTokens' | 'keyRing' | 'apiKeys' | 'accounts' | 'events'>;
  readonly limits: Pick<Limits, 'consume'>;
  readonly origins: Pick<Origins, 'cookieOrigins'>;
  readonly clock: Clock;
};

export type Authenticators = {
  /** Every way of saying who one is that this server accepts. */
  readonly authenticate: Authenticator;
  /** Bearer tokens alone, for the endpoints beside GraphQL. */
  readonly byToken: Authenticator;
  /** Null where SESSION_COOKIES is off. */
  readonly sessionCookies: SessionCookies | null;
};

/** Makes the authenticators that the configuration asks for. */
export const createAuthenticators = ({
  config,
  ports,
  services,
  limits,
  origins,
  clock,
}: AuthenticatorsDeps): Authenticators => {
  const { accessTokens, keyRing, apiKeys, accounts, events } = services;
  const tokens = {
    verify: createRequestVerify(accessTokens, keyRing, clock),
    checkSession: ports.sessions.check,
  } satisfies Partial<BearerOptions>;
  const byToken = bearer({ ...tokens, checkServiceToken: ports.serviceClients.check });
  const sessionCookies = config.sessionCookies
    ? createSessionCookies({ issuer: config.issuer, corsOrigins: origins.cookieOrigins, clock })
    : null;
  const byCookie =
    sessionCookies &&
    cookie({ ...tokens, name: sessionCookies.accessName, mayUseCookies: sessionCookies.mayUseCookies });
  const byPassword = config.basicAuth
    ? basic({ verify: createBasicVerify({ accounts, clock, consume: limits.consume, record: events.record }) })
    : null;
  const all = [byToken, byCookie, apiKey({ verify: apiKeys.verify }), byPassword];
  return { authenticate: createAuthenticate(all.filter((each) => each !== null)), byToken, sessionCookies };
};

/** The most pairs of email and password that are cached. */
const maxCachedLogins = 10_000;

const createBasicVerify = (
  deps: Pick<Parameters<typeof createBasicLogin>[0], 'accounts' | 'clock' | 'consume' | 'record'>,
) =>
  createBasicLogin({
    ...deps,
    digest: createKeyedDigest(),
    cache: new LRUCache({ max: maxCachedLogins }),
  }).verify;
