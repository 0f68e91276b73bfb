import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authTypeDefs, guardSchema } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { roles } from '../domain/role.ts';
import type { Accounts } from '../services/accounts.ts';
import type { ApiKeys } from '../services/api-keys.ts';
import type { Events } from '../services/events.ts';
import type { Identities } from '../services/identities.ts';
import type { Limits } from '../services/limits.ts';
import type { ServiceClients } from '../services/service-clients.ts';
import type { Sessions } from '../services/sessions.ts';
import type { StepUp } from '../services/step-up.ts';
import { describeAccess } from './access-descriptions.ts';
import type { RequestContext } from './context.ts';
import { createDelivery } from './delivery.ts';
import { policies } from './policies.ts';
import type { OnRefusal } from './refusal-log.ts';
import { createAccountResolvers } from './resolvers/account.ts';
import { createApiKeyResolvers } from './resolvers/api-key.ts';
import { baseResolvers } from './resolvers/base.ts';
import { createEventResolvers } from './resolvers/event.ts';
import { createIdentityResolvers } from './resolvers/identity.ts';
import { issuedTokensResolvers } from './resolvers/issued-tokens.ts';
import { createServiceClientResolvers } from './resolvers/service-client.ts';
import { createSessionResolvers } from './resolvers/session.ts';
import type { SessionCookies } from './session-cookies.ts';

const folder = fileURLToPath(new URL('../../schema/', import.meta.url));

/** Returns the SDL under schema/, one text per file. */
const loadTypeDefs = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));

type SchemaDeps = {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly serviceClients: ServiceClients;
  readonly events: Events;
  readonly identities: Identities;
  readonly stepUp: StepUp;
  readonly consume: Limits['consume'];
  /** Null where SESSION_COOKIES is off. */
  readonly sessionCookies: SessionCookies | null;
};

/** Returns the schema that the server serves: SDL and resolvers, guarded. Throws if a rule would not be enforced. */
export const createSchema = (deps: SchemaDeps, onRefusal: OnRefusal): GraphQLSchema => {
  const { accounts, sessions, ...services } = deps;
  const delivery = createDelivery(deps.sessionCookies, onRefusal);
  const guarded = guardSchema(
    makeExecutableSchema({
      typeDefs: [authTypeDefs(roles, { roleEnum: null }), ...loadTypeDefs()],
      resolvers: [
        baseResolvers,
        createAccountResolvers({ accounts, sessions, identities: services.identities, delivery }),
        createSessionResolvers(sessions, delivery),
        issuedTokensResolvers,
        createServiceClientResolvers(services.serviceClients),
        createApiKeyResolvers(services.apiKeys, services.stepUp),
        createEventResolvers(services.events, accounts),
        createIdentityResolvers(services.identities, { delivery, stepUp: services.stepUp, consume: services.consume }),
      ],
      resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
    }),
    {
      roles,
      policies,
      exposeRequired: true,
      onDenied: (denial, context) => onRefusal(denial, context as RequestContext),
    },
  );
  return describeAccess(guarded);
};

/** Returns the same schema without resolvers: enough to say who may read what. */
export const createSchemaWithoutResolvers = (): GraphQLSchema =>
  guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles, { roleEnum: null }), ...loadTypeDefs()] }), {
    roles,
    policies,
    exposeRequired: true,
  });
