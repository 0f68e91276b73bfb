import type { Config } from './config.ts';
import { createAuthenticate } from './credentials/authenticate.ts';
import { bearer } from './credentials/bearer.ts';
import { createAccessTokens } from './crypto/access-token.ts';
import { createPasswordCheck } from './crypto/common-passwords.ts';
import { createId } from './crypto/identifiers.ts';
import type { KeySet } from './crypto/keys.ts';
import { createPasswordHasher } from './crypto/password.ts';
import { type Clock, toSeconds } from './domain/clock.ts';
import { createSchema } from './graphql/schema.ts';
import { createGraphQLServer } from './graphql/yoga.ts';
import { createCors } from './http/cors.ts';
import { createHealth } from './http/health.ts';
import { createRouter } from './http/router.ts';
import type { Log } from './log.ts';
import { createAccounts } from './services/accounts.ts';
import { createSessions } from './services/sessions.ts';
import type { Stores } from './stores/open.ts';

const graphqlPath = '/graphql';
const clientId = 'fieldgate';

type Parts = {
  readonly config: Config;
  readonly stores: Stores;
  readonly keys: KeySet;
  readonly clock: Clock;
  readonly log: Log;
};

/** The use cases, without any way in: what the server and the command line share. */
export const createServices = ({ config, stores, keys, clock, log }: Parts) => {
  const newId = () => createId(clock());
  const accessTokens = createAccessTokens({
    keys: () => keys,
    issuer: config.issuer,
    audience: config.audience,
    clientId,
    ttlSeconds: config.accessTokenTtlSeconds,
  });
  const accounts = createAccounts({
    accounts: stores.accounts,
    sessions: stores.sessions,
    passwords: createPasswordHasher(),
    passwordCheck: createPasswordCheck({ minLength: config.passwordMinLength }),
    clock,
    createId: newId,
  });
  const sessions = createSessions({
    sessions: stores.sessions,
    accounts,
    accessTokens,
    clock,
    createId: newId,
    onReuse: (theft) => log.warn({ event: 'token.reuse_detected', ...theft }, 'a spent refresh token came back'),
  });
  return { accounts, sessions, accessTokens };
};

/** The whole server, without a socket: `handle` answers requests. */
export const createApp = (parts: Parts) => {
  const { config, stores, clock, log } = parts;
  const { accounts, sessions, accessTokens } = createServices(parts);
  const isProduction = config.environment === 'production';

  const authenticate = createAuthenticate([
    bearer({ verify: (token) => accessTokens.verify(token, toSeconds(clock())), standing: stores.sessions.check }),
  ]);
  const graphql = createGraphQLServer({
    schema: createSchema({ accounts, sessions }),
    path: graphqlPath,
    authenticate,
    revealSchema: !isProduction,
    report: (error, requestId) => log.error({ err: error, requestId }, 'a request failed by a fault of the server'),
  });
  const health = createHealth(stores.pings);
  const handle = createRouter({ graphqlPath, graphql, graphiql: null, health, cors: createCors(config.corsOrigins) });
  return { handle, health, accounts };
};
