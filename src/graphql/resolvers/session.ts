import { presentedBearer } from '@fieldgate/guard/server';
import { AppError } from '../../domain/errors.ts';
import type { Sessions } from '../../services/sessions.ts';
import { actorOf, callerOf, currentSessionOf } from '../caller.ts';
import { listConnection } from '../connection.ts';
import type { RequestContext } from '../context.ts';
import type { DeliveredTokens, Delivery } from '../delivery.ts';
import type { Resolvers } from '../generated/resolvers.ts';

export const createSessionResolvers = (sessions: Sessions, delivery: Delivery): Resolvers => {
  /**
   * Leaves rejected cookies alone. `Set-Cookie` names a cookie, not its value: an answer that comes late, after a new sign-in in the
   * same browser, would remove the cookies of that one. The next sign-in replaces them, and logout removes them.
   */
  const refreshByCookie = async (context: RequestContext): Promise<DeliveredTokens> => {
    const deliver = delivery.toCookies(context, 'refreshToken');
    const presented = delivery.fromCookies(context);
    if (!presented?.refreshToken) throw new AppError('REFRESH_TOKEN_INVALID');
    return deliver(await sessions.refresh(presented.refreshToken, context.client));
  };

  return {
    Query: {
      sessions: (_root, args, context) => {
        const { id } = callerOf(context);
        return listConnection(args, (page) => sessions.list(id, page));
      },
    },
    Mutation: {
      login: async (_root, { input }, context) => {
        const deliver = delivery.prepare(input.delivery, context);
        return deliver(await sessions.login(input.email, input.password, context.client));
      },
      refresh: async (_root, { input }, context) => {
        if (!input) return refreshByCookie(context);
        const deliver = delivery.prepare(input.delivery, context);
        return deliver(await sessions.refresh(input.refreshToken, context.client));
      },
      logout: async (_root, { input }, context) => {
        const presented = { accessToken: presentedBearer(context), refreshToken: input?.refreshToken ?? null };
        const scope = input?.scope ?? 'CURRENT';
        // Browsers send cookies automatically, so a token that was presented explicitly has priority.
        const isExplicit = presented.accessToken !== null || presented.refreshToken !== null;
        const inCookies = isExplicit ? null : delivery.fromCookies(context);
        const endedSessions = await sessions.logout(inCookies ?? presented, scope, context.client);
        if (inCookies && scope !== 'OTHERS') delivery.clear(context);
        return { endedSessions };
      },
      revokeSession: async (_root, { id }, context) => ({
        id: await sessions.revoke(callerOf(context).id, id, actorOf(context)),
      }),
      revokeUserSessions: async (_root, { userId }, context) => ({
        endedSessions: await sessions.revokeAll(userId, actorOf(context)),
      }),
    },
    Session: {
      current: (session, _args, context) => session.id === currentSessionOf(context),
    },
  };
};
