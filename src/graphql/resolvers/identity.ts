import type { Identities } from '../../services/identities.ts';
import { callerOf } from '../caller.ts';
import { listConnection } from '../connection.ts';
import type { Delivery } from '../delivery.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createIdentityResolvers = (identities: Identities, delivery: Delivery): Resolvers => ({
  Query: {
    identities: (_root, args, context) => {
      const { id } = callerOf(context);
      return listConnection(args, (page) => identities.list(id, page));
    },
  },
  Mutation: {
    loginWithProvider: async (_root, { input }, context) => {
      const deliver = delivery.prepare(input.delivery, context);
      return deliver(await identities.login(input, context.client));
    },
    linkIdentity: async (_root, { input }, context) => ({
      identity: await identities.link(callerOf(context).id, input, context.client),
    }),
    unlinkIdentity: async (_root, { id }, context) => ({
      id: await identities.unlink(callerOf(context).id, id, context.client),
    }),
  },
});
