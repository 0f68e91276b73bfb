import { guardSchema, type OnFault } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type GraphQLSchema, Kind } from 'graphql';
import type { Roles } from '../domain/role.ts';
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
import type { Resolvers } from './generated/resolvers.ts';
import { completeDefaults } from './operation/default-values.ts';
import { bindPolicies, bindResolvers } from './own/bind.ts';
import type { OwnSchema } from './own/own-schema.ts';
import { createPolicies } from './policies.ts';
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
import { loadTypeDefs } from './type-defs.ts';

/** What the user makes of the schema. */
export type SchemaParts = { readonly roles: Roles; readonly own: OwnSchema };

type SchemaDeps = {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly serviceClients: ServiceClients;
  readonly events: Events;
  readonly identities: Identities;
  readonly stepUp: StepUp;
  readonly consume: Limits['consume'];
  /** Is told of policies that throw or do not answer. */
  readonly onFault: OnFault;
  /** Null where SESSION_COOKIES is off. */
  readonly sessionCookies: SessionCookies | null;
};

const typeDefsOf = ({ roles, own }: SchemaParts) => [
  loadTypeDefs(roles),
  { kind: Kind.DOCUMENT, definitions: own.definitions } as const,
];

/** Returns the schema that the server serves: SDL and resolvers, ours and the user's, guarded. Throws if a rule would not be enforced. */
export const createSchema = (deps: SchemaDeps, parts: SchemaParts, onRefusal: OnRefusal): GraphQLSchema => {
  const { own, roles } = parts;
  const schema = makeExecutableSchema({
    typeDefs: typeDefsOf(parts),
    resolvers: [...createResolvers(deps, roles, onRefusal), ...bindResolvers(own.maps, own.definitions)],
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  });
  const guarded = guardSchema(completeDefaults(schema), {
    roles: roles.names,
    policies: { ...bindPolicies(own.policies), ...createPolicies(roles) },
    exposeRequired: true,
    onDenied: (denial, context) => onRefusal(denial, context as RequestContext),
    onFault: deps.onFault,
  });
  return describeAccess(guarded);
};

const createResolvers = (deps: SchemaDeps, roles: Roles, onRefusal: OnRefusal): readonly Resolvers[] => {
  const { accounts, sessions, ...services } = deps;
  const delivery = createDelivery(deps.sessionCookies, onRefusal);
  return [
    baseResolvers,
    createAccountResolvers({ roles, accounts, sessions, identities: services.identities, delivery }),
    createSessionResolvers(sessions, delivery),
    issuedTokensResolvers,
    createServiceClientResolvers(services.serviceClients),
    createApiKeyResolvers(services.apiKeys, services.stepUp),
    createEventResolvers(services.events, accounts),
    createIdentityResolvers(services.identities, { delivery, stepUp: services.stepUp, consume: services.consume }),
  ];
};

/** Returns the same schema without resolvers: enough to say who may read what. */
export const createSchemaWithoutResolvers = (parts: SchemaParts): GraphQLSchema =>
  guardSchema(makeExecutableSchema({ typeDefs: typeDefsOf(parts) }), {
    roles: parts.roles.names,
    policies: { ...parts.own.policies, ...createPolicies(parts.roles) },
    exposeRequired: true,
  });
