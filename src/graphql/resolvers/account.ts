import { userId, viewerOf } from '@fieldgate/guard';
import { AppError } from '../../domain/errors.ts';
import { byCreation, parseCursor } from '../../domain/page.ts';
import { isRole, type Roles } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { AccountViewer, Viewer } from '../../domain/viewer.ts';
import type { Accounts } from '../../services/accounts.ts';
import type { Identities } from '../../services/identities.ts';
import type { Sessions } from '../../services/sessions.ts';
import { actorOf, callerOf } from '../caller.ts';
import { listConnection, toConnection } from '../connection.ts';
import type { RequestContext } from '../context.ts';
import type { DeliveredTokens, Delivery } from '../delivery.ts';
import type { ChangePasswordInput, Resolvers, ViewerKind } from '../generated/resolvers.ts';

/** By `viewer.via`. */
const kinds: Readonly<Record<string, ViewerKind>> = {
  bearer: 'BEARER',
  cookie: 'COOKIE',
  'api-key': 'API_KEY',
  basic: 'BASIC',
};

const kindOf = (viewer: Viewer): ViewerKind => {
  if (viewer.kind === 'anonymous') return 'ANONYMOUS';
  return viewer.kind === 'service' ? 'SERVICE' : (kinds[viewer.via] ?? 'BEARER');
};

/** Returns the caller's account: as it was read when the credential was checked, else as it is now. */
const accountOf = (accounts: Accounts, { account, id }: AccountViewer): Promise<User | null> | User | null =>
  account ?? accounts.find(id);

type AccountResolversDeps = {
  readonly roles: Roles;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly identities: Pick<Identities, 'list'>;
  readonly delivery: Delivery;
};

/** Answers the way the caller's tokens came. */
const changePassword = async (
  { sessions, delivery }: Pick<AccountResolversDeps, 'sessions' | 'delivery'>,
  { currentPassword, newPassword, revokeApiKeys }: ChangePasswordInput,
  context: RequestContext,
): Promise<DeliveredTokens> => {
  const { id, sessionId, via } = callerOf(context);
  const deliver = delivery.prepare(via === 'cookie' ? 'COOKIE' : 'BODY', context);
  if (sessionId === null) throw new AppError('FORBIDDEN', { reason: 'SESSION_REQUIRED' });
  const change = { currentPassword, newPassword, revokeApiKeys: revokeApiKeys ?? true };
  return deliver(await sessions.changePassword({ id, sessionId }, change, context.client));
};

export const createAccountResolvers = ({
  roles,
  accounts,
  sessions,
  identities,
  delivery,
}: AccountResolversDeps): Resolvers => ({
  Query: {
    viewer: (_root, _args, context) => viewerOf<User>(context),
    me: (_root, _args, context) => accountOf(accounts, callerOf(context)),
    user: (_root, { id }) => accounts.find(id),
    users: async (_root, { first, after, search }) => {
      const position = parseCursor(after);
      const page = await accounts.list({
        first: first ?? 20,
        ...(position ? { after: { createdAt: position.at, id: userId(position.id) } } : {}),
        ...(search ? { search } : {}),
      });
      return toConnection({ nodes: page.users, hasNextPage: page.hasNextPage, after, positionOf: byCreation });
    },
  },
  Mutation: {
    signup: async (_root, { input }, context) => {
      const deliver = delivery.prepare(input.delivery, context);
      return deliver(await sessions.signup(input, context.client));
    },
    changePassword: (_root, { input }, context) => changePassword({ sessions, delivery }, input, context),
    setUserRole: (_root, { input }, context) => accounts.setRole(input.userId, input.role, actorOf(context)),
    disableUser: (_root, { id }, context) => accounts.disable(id, actorOf(context)),
    unlockUser: (_root, { id }, context) => accounts.unlock(id, actorOf(context)),
    enableUser: (_root, { id }, context) => accounts.enable(id, actorOf(context)),
  },
  User: {
    name: (user) => user.name || null,
    hasPassword: ({ id }) => accounts.hasPassword(id),
    identities: ({ id }, args) => listConnection(args, (page) => identities.list(id, page)),
  },
  Viewer: {
    kind: kindOf,
    user: (viewer): Promise<User | null> | User | null =>
      viewer.kind === 'account' ? accountOf(accounts, viewer) : null,
    role: (viewer) => (viewer.kind === 'account' && isRole(roles, viewer.role) ? viewer.role : null),
    scopes: (viewer) => (viewer.kind === 'anonymous' ? [] : viewer.scopes),
    expiresAt: (viewer) => (viewer.kind === 'anonymous' || viewer.expiresAt === null ? null : viewer.expiresAt * 1000),
  },
});
