import { userId } from '@fieldgate/guard/core';
import { isRole, type Roles } from '../../domain/role.ts';
import type { AccountChanges } from '../ports/account-changes.ts';
import type { AccountMark } from '../ports/revocation-journal.ts';
import type { SqlDatabase } from './database.ts';
import type { UsersTable } from './schema.ts';

/** Accounts that changed, in SQL: written by triggers, one row each, until the session store knows. */
export function sqlAccountChanges({ kysely, roles }: SqlDatabase): AccountChanges {
  return {
    async list(limit) {
      const rows = await kysely
        .selectFrom('account_changes as change')
        .leftJoin('users', 'users.id', 'change.user_id')
        .select(['change.user_id', 'change.version as listed_version'])
        .select(markColumns)
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        userId: userId(row.user_id),
        version: row.listed_version,
        account: toAccountMark(row, roles),
      }));
    },

    async settle(changes) {
      if (changes.length === 0) return;
      await kysely
        .deleteFrom('account_changes')
        .where(({ or, eb }) =>
          or(
            changes.map(({ userId: user, version }) =>
              eb('user_id', '=', user).and('account_changes.version', '=', version),
            ),
          ),
        )
        .execute();
    },
  };
}

export const markColumns = ['users.role', 'users.version', 'users.disabled_at', 'users.sessions_from'] as const;

type MarkRow = {
  readonly [column in keyof Pick<UsersTable, 'role' | 'version' | 'disabled_at' | 'sessions_from'>]:
    | UsersTable[column]
    | null;
};

/** Null if the account was deleted. One with a role that this version does not know has no rights until that is corrected. */
export const toAccountMark = (
  { role, version, disabled_at, sessions_from }: MarkRow,
  roles: Roles,
): AccountMark | null => {
  if (version === null) return null;
  if (!isRole(roles, role)) return { version, role: roles.signUp, disabled: true, sessionsFrom: version };
  return { version, role, disabled: disabled_at !== null, sessionsFrom: sessions_from ?? 0 };
};
