import { type UserId, userId } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Actor, RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import type { Role, Roles } from '../domain/role.ts';
import type { User, UserChange } from '../domain/user.ts';
import type { AccountStore, ChangeableAccount } from '../stores/ports/account-store.ts';
import type { ChangeAccount, ChangeResult } from './account-changes.ts';
import type { LoginLockout } from './login-lockout.ts';

type AccountAdministrationDeps = {
  readonly roles: Roles;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly lockout: Pick<LoginLockout, 'unlock'>;
  readonly changeAccount: ChangeAccount;
  readonly clock: Clock;
  readonly record: RecordEvent;
};

/** What administrators do to the accounts of others. */
export const createAccountAdministration = (deps: AccountAdministrationDeps) => {
  const { changeAccount } = deps;

  /** Gives an account a role. Access tokens with the old role are stale from then on. Errors: NOT_FOUND, BAD_USER_INPUT, LAST_ADMINISTRATOR. */
  const setRole = async (id: string, role: Role, actor: Actor): Promise<User> => {
    rejectOwnAccount(id, actor);
    const changed = await changeAccount(parseId(id), {
      decide: (account) => (role === deps.roles.administrator ? { role } : unlessLastAdministrator(account, { role })),
      event: ({ before, after }) => ({
        ...{ type: 'role.changed', actor, userId: after.id },
        metadata: { from: before.role, to: role },
      }),
    });
    return requireFound(changed);
  };

  /** Disables an account: it cannot sign in, and its sessions end for good. Errors: NOT_FOUND, BAD_USER_INPUT, LAST_ADMINISTRATOR. */
  const disable = async (id: string, actor: Actor): Promise<User> => {
    rejectOwnAccount(id, actor);
    const now = deps.clock();
    const changed = await changeAccount(parseId(id), {
      decide: (account) =>
        account.user.disabledAt === null ? unlessLastAdministrator(account, { disabledAt: now }) : {},
      event: ({ after }) => ({ type: 'user.disabled', actor, userId: after.id }),
    });
    return requireFound(changed);
  };

  /** Enables an account again; its sessions stay ended. Errors: NOT_FOUND. */
  const enable = async (id: string, actor: Actor): Promise<User> => {
    const changed = await changeAccount(parseId(id), {
      decide: () => ({ disabledAt: null }),
      event: ({ after }) => ({ type: 'user.enabled', actor, userId: after.id }),
    });
    return requireFound(changed);
  };

  /** Ends a lock and forgets the failures that led to it. Errors: NOT_FOUND. */
  const unlock = async (id: string, actor: Actor): Promise<User> => {
    const user = await deps.accounts.findById(parseId(id));
    if (!user) throw new AppError('NOT_FOUND');
    if (await deps.lockout.unlock(user.email)) deps.record({ type: 'user.unlocked', actor, userId: user.id });
    return user;
  };

  return { setRole, disable, enable, unlock };
};

/** Rejects what cannot be an id without asking the store. */
const parseId = (id: string): UserId => {
  if (!isUuid(id)) throw new AppError('NOT_FOUND');
  return userId(id);
};

const requireFound = (changed: Pick<ChangeResult, 'user'> | null): User => {
  if (!changed) throw new AppError('NOT_FOUND');
  return changed.user;
};

/** Nobody could give an administrator's rights back. Errors: LAST_ADMINISTRATOR. */
const unlessLastAdministrator = ({ isLastAdministrator }: ChangeableAccount, change: UserChange): UserChange => {
  if (isLastAdministrator) throw new AppError('LAST_ADMINISTRATOR');
  return change;
};

/** An administrator who gives up their own rights by mistake may leave no administrator who can restore them. */
const rejectOwnAccount = (id: string, actor: Actor): void => {
  if (id !== actor.id) return;
  throw badInput(
    'userId',
    'OWN_ACCOUNT',
    'You cannot change the role or state of your own account. Ask another administrator.',
  );
};
