import { type ApiKeys, prefixOf } from '../../services/api-keys.ts';
import { actorOf, callerOf } from '../caller.ts';
import { listConnection } from '../connection.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createApiKeyResolvers = (apiKeys: ApiKeys): Resolvers => ({
  Query: {
    apiKeys: (_root, args, context) => {
      const { id } = callerOf(context);
      return listConnection(args, (page) => apiKeys.list(id, page));
    },
  },
  Mutation: {
    createApiKey: (_root, { input }, context) => apiKeys.create(callerOf(context).id, input, actorOf(context)),
    revokeApiKey: async (_root, { id }, context) => ({
      apiKey: await apiKeys.revoke(callerOf(context).id, id, actorOf(context)),
    }),
  },
  ApiKey: {
    prefix: prefixOf,
  },
});
