import type { Identities } from '../../services/identities.ts';
import { anonymousCaller, type Limits } from '../../services/limits.ts';
import type { StepUp } from '../../services/step-up.ts';
import { callerOf, stepUpCallerOf } from '../caller.ts';
import { listConnection } from '../connection.ts';
import type { Delivery } from '../delivery.ts';
import type { Resolvers } from '../generated/resolvers.ts';

type IdentityResolversDeps = {
  readonly delivery: Delivery;
  readonly stepUp: StepUp;
  readonly consume: Limits['consume'];
};

export const createIdentityResolvers = (
  identities: Identities,
  { delivery, stepUp, consume }: IdentityResolversDeps,
): Resolvers => ({
  Query: {
    identities: (_root, args, context) => {
      const { id } = callerOf(context);
      return listConnection(args, (page) => identities.list(id, page));
    },
  },
  Mutation: {
    loginWithProvider: async (_root, { input }, context) => {
      const deliver = delivery.prepare(input.delivery, context);
      const { client, state } = context;
      const countSignup = () => consume('signup', anonymousCaller(client, state.rateLimits));
      return deliver(await identities.login(input, { client, countSignup }));
    },
    linkIdentity: async (_root, { input }, context) => {
      const caller = stepUpCallerOf(context);
      // Before the code is spent: with the password, it can be presented again.
      await stepUp(caller, input.currentPassword);
      return { identity: await identities.link(caller.viewer, input, context.client) };
    },
    unlinkIdentity: async (_root, { input }, context) => {
      const caller = stepUpCallerOf(context);
      await stepUp(caller, input.currentPassword);
      return { id: await identities.unlink(caller.viewer.id, input.id, context.client) };
    },
  },
});
