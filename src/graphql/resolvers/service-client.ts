import type { ServiceClients } from '../../services/service-clients.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createServiceClientResolvers = (serviceClients: ServiceClients): Resolvers => ({
  Query: {
    serviceClients: () => serviceClients.list(),
  },
  Mutation: {
    createServiceClient: (_root, { input }) => serviceClients.create({ ...input, scopes: input.scopes ?? [] }),
    rotateServiceClientSecret: (_root, { id }) => serviceClients.rotateSecret(id),
    disableServiceClient: (_root, { id }) => serviceClients.disable(id),
  },
});
