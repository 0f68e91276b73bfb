import { viewerOf } from '../../authorization/viewer-context.ts';
import { AppError } from '../../domain/errors.ts';
import { isRole } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { Accounts } from '../../services/accounts.ts';
import type { Sessions } from '../../services/sessions.ts';
import { callerOf } from '../caller.ts';
import { parseCursor, toConnection } from '../connection.ts';
import type { Resolvers, ViewerKind } from '../generated/resolvers.ts';

/** By `viewer.via`. */
const kinds: Readonly<Record<string, ViewerKind>> = { bearer: 'BEARER', 'api-key': 'API_KEY', basic: 'BASIC' };

export const createAccountResolvers = (accounts: Accounts, sessions: Sessions): Resolvers => ({
  Query: {
    viewer: (_root, _args, context) => viewerOf(context),
    me: (_root, _args, context) => accounts.find(callerOf(context).id),
    user: (_root, { id }) => accounts.find(id),
    users: async (_root, { first, after, search }) => {
      const page = await accounts.list({ first: first ?? 20, ...parseCursor(after), ...(search ? { search } : {}) });
      return toConnection(page, after);
    },
  },
  Mutation: {
    signup: async (_root, { input }, context) => {
      const grant = await sessions.signup(input, context.origin);
      context.signedIn = grant.session;
      return grant;
    },
    changePassword: (_root, { input }, context) => {
      const { id, sessionId } = callerOf(context);
      if (sessionId === null) throw new AppError('FORBIDDEN', { reason: 'SESSION_REQUIRED' });
      return sessions.changePassword({ id, sessionId }, input.currentPassword, input.newPassword);
    },
    setUserRole: (_root, { input }, context) => accounts.setRole(input.userId, input.role, callerOf(context).id),
    disableUser: (_root, { id }, context) => accounts.disable(id, callerOf(context).id),
    enableUser: (_root, { id }) => accounts.enable(id),
  },
  User: {
    name: (user) => user.name || null,
  },
  Viewer: {
    kind: (viewer) =>
      viewer.kind === 'account' ? (kinds[viewer.via] ?? 'BEARER') : viewer.kind === 'service' ? 'SERVICE' : 'ANONYMOUS',
    user: (viewer): Promise<User | null> | User | null => (viewer.kind === 'account' ? accounts.find(viewer.id) : null),
    role: (viewer) => (viewer.kind === 'account' && isRole(viewer.role) ? viewer.role : null),
    scopes: (viewer) => (viewer.kind === 'anonymous' ? [] : viewer.scopes),
    expiresAt: (viewer) => (viewer.kind === 'anonymous' || viewer.expiresAt === null ? null : viewer.expiresAt * 1000),
  },
});
