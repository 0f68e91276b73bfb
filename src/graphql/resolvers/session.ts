import { presentedBearer } from '../../credentials/bearer.ts';
import type { Sessions } from '../../services/sessions.ts';
import { callerOf, currentSessionOf } from '../caller.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createSessionResolvers = (sessions: Sessions): Resolvers => ({
  Query: {
    sessions: (_root, _args, context) => sessions.list(callerOf(context).id),
  },
  Mutation: {
    login: async (_root, { input }, context) => {
      const grant = await sessions.login(input.email, input.password, context.origin);
      context.signedIn = grant.session;
      return grant;
    },
    refresh: async (_root, { input }, context) => {
      const grant = await sessions.refresh(input.refreshToken, context.origin);
      context.signedIn = grant.session;
      return grant;
    },
    logout: async (_root, { input }, context) => ({
      endedSessions: await sessions.logout(
        { accessToken: presentedBearer(context), refreshToken: input?.refreshToken ?? null },
        input?.scope ?? 'CURRENT',
      ),
    }),
    revokeSession: async (_root, { id }, context) => ({ id: await sessions.revoke(callerOf(context).id, id) }),
    revokeUserSessions: async (_root, { userId }) => ({ endedSessions: await sessions.revokeAll(userId) }),
  },
  AuthPayload: {
    tokenType: () => 'Bearer',
    expiresIn: (grant) => grant.expiresInSeconds,
  },
  Session: {
    current: (session, _args, context) => session.id === currentSessionOf(context),
  },
});
