import { type ApiKeys, prefixOf } from '../../services/api-keys.ts';
import type { StepUp } from '../../services/step-up.ts';
import { actorOf, callerOf, stepUpCallerOf } from '../caller.ts';
import { listConnection } from '../connection.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createApiKeyResolvers = (apiKeys: ApiKeys, stepUp: StepUp): Resolvers => ({
  Query: {
    apiKeys: (_root, args, context) => {
      const { id } = callerOf(context);
      return listConnection(args, (page) => apiKeys.list(id, page));
    },
  },
  Mutation: {
    createApiKey: async (_root, { input: { currentPassword, ...input } }, context) => {
      const caller = stepUpCallerOf(context);
      await stepUp(caller, currentPassword);
      const { id, accountVersion } = caller.viewer;
      return apiKeys.create(id, { ...input, ownerVersion: accountVersion }, actorOf(context));
    },
    revokeApiKey: async (_root, { id }, context) => ({
      apiKey: await apiKeys.revoke(callerOf(context).id, id, actorOf(context)),
    }),
  },
  ApiKey: {
    prefix: prefixOf,
  },
});
