import type { Viewer, viewerOf } from '@fieldgate/guard';
import { fieldDenial } from '@fieldgate/guard/server';
import type { GraphQLSchema } from 'graphql';
import type { Account, ServerAccounts, ViewerAccounts } from '../../domain/api-context.ts';
import { AppError } from '../../domain/errors.ts';
import { type Actor, actorFor, serverActorFor } from '../../domain/event.ts';
import { isRole, type Role, type Roles } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { Accounts } from '../../services/accounts.ts';
import type { RequestContext } from '../context.ts';
import { isSelfOrModerator } from '../policies.ts';

export type ApiAccountsDeps = {
  readonly accounts: Accounts;
  readonly roles: Roles;
  /** Called late: the schema is built with what needs the accounts. */
  readonly schema: () => GraphQLSchema;
};

/** Accounts for resolvers of the user: with the rights of the caller, or with every right and a reason. */
export const createApiAccounts = ({ accounts, roles, schema }: ApiAccountsDeps) => {
  const asServer = (reason: string): ServerAccounts => {
    if (typeof reason !== 'string' || reason.trim() === '')
      throw new TypeError('asServer needs a reason, which the log of events shows.');
    const actor = serverActorFor(reason);
    return {
      ...actions({ accounts, roles, actor, require: () => {}, show: whole }),
      findByEmail: async (email) => orNull(await accounts.findByEmail(email), whole),
      create: async ({ email, password, name, role }) =>
        whole(
          await accounts.createAccount(
            { email, password, name, ...(role === undefined ? {} : { role: requireRole(roles, role) }) },
            actor,
          ),
        ),
    };
  };
  const accountsFor = (viewer: Viewer, { client }: RequestContext): ViewerAccounts => ({
    ...actions({
      accounts,
      roles,
      actor: actorFor(viewer as ReturnType<typeof viewerOf<User>>, client),
      require: (coordinate) => {
        const denial = fieldDenial(schema(), coordinate, viewer);
        if (denial !== null) throw denial;
      },
      show: (user) => ({
        ...(isSelfOrModerator(roles, viewer, user)
          ? whole(user)
          : { ...whole(user), email: null, role: null, createdAt: null }),
        disabledAt: fieldDenial(schema(), 'User.disabledAt', viewer) === null ? user.disabledAt : null,
      }),
    }),
    asServer,
  });
  return { accountsFor, asServer };
};

type ActionsDeps = Pick<ApiAccountsDeps, 'accounts' | 'roles'> & {
  readonly actor: Actor;
  /** Throws if the caller may not have the field with this coordinate. */
  readonly require: (coordinate: string) => void;
  readonly show: (user: User) => Account;
};

const actions = ({ accounts, roles, actor, require, show }: ActionsDeps): Omit<ViewerAccounts, 'asServer'> => ({
  find: async (id) => {
    require('Query.user');
    return orNull(await accounts.find(id), show);
  },
  findMany: async (ids) => {
    require('Query.user');
    return (await accounts.findMany(ids)).map((user) => orNull(user, show));
  },
  setRole: async (id, role) => {
    require('Mutation.setUserRole');
    return show(await accounts.setRole(id, requireRole(roles, role), actor));
  },
  disable: async (id) => {
    require('Mutation.disableUser');
    return show(await accounts.disable(id, actor));
  },
  enable: async (id) => {
    require('Mutation.enableUser');
    return show(await accounts.enable(id, actor));
  },
});

const orNull = (user: User | null, show: (user: User) => Account): Account | null => user && show(user);

const whole = ({ id, name, email, role, createdAt, disabledAt }: User): Account => ({
  ...{ id, name, email, role, createdAt, disabledAt },
});

const requireRole = (roles: Roles, role: Role): Role => {
  if (!isRole(roles, role)) throw new AppError('BAD_USER_INPUT', { field: 'role', reason: 'ROLE_UNKNOWN' });
  return role;
};
