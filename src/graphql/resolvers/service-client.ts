import type { ServiceClients } from '../../services/service-clients.ts';
import { actorOf } from '../caller.ts';
import { listConnection } from '../connection.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createServiceClientResolvers = (serviceClients: ServiceClients): Resolvers => ({
  Query: {
    serviceClients: (_root, args) => listConnection(args, serviceClients.list),
  },
  Mutation: {
    createServiceClient: (_root, { input }, context) =>
      serviceClients.create({ ...input, scopes: input.scopes ?? [] }, actorOf(context)),
    rotateServiceClientSecret: (_root, { id, endPrevious }, context) =>
      serviceClients.rotateSecret(id, actorOf(context), { endPrevious }),
    disableServiceClient: (_root, { id }, context) => serviceClients.disable(id, actorOf(context)),
  },
});
