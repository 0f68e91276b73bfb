import { scopesOf } from './authorization/scopes.ts';
import type { Config } from './config.ts';
import { createServices } from './create-services.ts';
import { apiKey } from './credentials/api-key.ts';
import { createAuthenticate } from './credentials/authenticate.ts';
import { basic } from './credentials/basic.ts';
import { bearer } from './credentials/bearer.ts';
import { createKeyedDigest } from './crypto/keyed-digest.ts';
import type { KeySet } from './crypto/keys.ts';
import { createRecentEntries } from './crypto/recent-entries.ts';
import { type Clock, toSeconds } from './domain/clock.ts';
import { createSchema } from './graphql/schema.ts';
import { createStraightWay } from './graphql/straight/way.ts';
import type { GraphQLServer } from './graphql/yoga.ts';
import { createCors } from './http/cors.ts';
import { createGraphiQLPage } from './http/graphiql.ts';
import { createHealth } from './http/health.ts';
import { createOAuthRoutes } from './http/oauth/routes.ts';
import { createRouter, type Route } from './http/router.ts';
import { createStraightAnswers } from './http/straight.ts';
import type { Log } from './log.ts';
import type { Accounts } from './services/accounts.ts';
import { createBasicLogin } from './services/basic-login.ts';
import { createIntrospection } from './services/introspection.ts';
import { createRevocation } from './services/revocation.ts';
import { publicKeys } from './services/signing-keys.ts';
import type { Stores } from './stores/open.ts';

const graphqlPath = '/graphql';

type Parts = {
  readonly config: Config;
  readonly stores: Stores;
  readonly keys: KeySet;
  readonly clock: Clock;
  readonly log: Log;
};

/** The whole server, without a socket: `handle` answers requests. */
export const createApp = (parts: Parts) => {
  const { config, stores, clock, log } = parts;
  const { accounts, sessions, apiKeys, serviceClients, accessTokens } = createServices({
    ...parts,
    keys: () => parts.keys,
    knownScopes: () => scopesOf(schema),
    onKeyEvent: (event) => log.info(event, 'an API key'),
    onTrouble: (error) => log.warn({ err: error }, 'the last use of an API key could not be written down'),
    onReuse: (theft) => log.warn({ event: 'token.reuse_detected', ...theft }, 'a spent refresh token came back'),
  });
  const isProduction = config.environment === 'production';

  const byToken = bearer({
    verify: (token) => accessTokens.verify(token, toSeconds(clock())),
    standing: stores.sessions.check,
    serviceStanding: stores.serviceClients.check,
  });
  const authenticate = createAuthenticate([
    byToken,
    apiKey({ verify: apiKeys.verify }),
    ...(config.basicAuth ? [basic({ verify: createBasicVerify(accounts, clock) })] : []),
  ]);
  const report = (error: unknown, requestId: string | null) =>
    log.error({ err: error, requestId }, 'a request failed by a fault of the server');
  const schema = createSchema({ accounts, sessions, apiKeys, serviceClients });
  const engine = {
    schema,
    authenticate,
    revealSchema: !isProduction,
    report,
  };
  // What does not go straight is rare: Yoga, a third of all there is to load, is loaded when it is first needed.
  let yoga: Promise<GraphQLServer> | null = null;
  const throughYoga: Route = async (request, facts) => {
    yoga ??= import('./graphql/yoga.ts').then((module) => module.createGraphQLServer({ ...engine, path: graphqlPath }));
    return (await yoga).fetch(request, facts);
  };
  const health = createHealth(stores.pings);
  const cors = createCors(config.corsOrigins);
  const handle = createRouter({
    graphqlPath,
    graphql: throughYoga,
    graphiql: isProduction ? null : createGraphiQLPage({ endpoint: graphqlPath }),
    health,
    cors,
    others: createOAuthRoutes({
      issuer: config.issuer,
      audience: config.audience,
      sessions,
      serviceClients,
      revoke: createRevocation({ accessTokens, sessions, serviceClients, clock }),
      introspect: createIntrospection({ accessTokens, authenticate: byToken, clock }),
      authenticate: byToken,
      publicKeys: () => publicKeys(parts.keys),
      report,
    }),
  });
  const straight = { answer: createStraightAnswers({ graphqlPath, way: createStraightWay(engine) }), cors };
  return { handle, straight, health, accounts };
};

/** How many pairs of email and password are known at once. */
const mostRemembered = 10_000;

const createBasicVerify = (accounts: Accounts, clock: Clock) =>
  createBasicLogin({
    accounts,
    clock,
    digest: createKeyedDigest(),
    remembered: createRecentEntries(mostRemembered),
  }).verify;
