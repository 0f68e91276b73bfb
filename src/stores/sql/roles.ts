import { type UserId, userId } from '@fieldgate/guard/core';
import { type Kysely, sql } from 'kysely';
import type { Role, Roles } from '../../domain/role.ts';
import { StartError } from '../../domain/start-error.ts';
import type { SqlDatabase } from './database.ts';
import type { Schema } from './schema.ts';

type Difference = { readonly added: readonly Role[]; readonly removed: readonly Role[] };

/** Returns in what the roles of the database differ from these. */
const differenceOf = async (kysely: Kysely<Schema>, { names }: Roles): Promise<Difference> => {
  const rows = await kysely.selectFrom('account_roles').select('name').execute();
  const stored = new Set(rows.map(({ name }) => name));
  return {
    added: names.filter((name) => !stored.has(name)),
    removed: [...stored].filter((name) => !names.includes(name)).sort(),
  };
};

/** Whether `syncRoles` would change the roles of the database. */
export const rolesDiffer = async ({ kysely, roles }: SqlDatabase): Promise<boolean> => {
  const { added, removed } = await differenceOf(kysely, roles);
  return added.length + removed.length > 0;
};

/**
 * Makes the roles of the database those of the configuration. Rejects with `StartError`, and changes nothing, if accounts have a role
 * that would go: nobody is to lose or gain a right by a list.
 */
export const syncRoles = async (kysely: Kysely<Schema>, roles: Roles): Promise<void> => {
  const { added, removed } = await differenceOf(kysely, roles);
  if (removed.length > 0) await requireUnused(kysely, removed, roles);
  if (added.length > 0) {
    const rows = added.map((name) => ({ name }));
    await kysely
      .insertInto('account_roles')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (removed.length > 0) await kysely.deleteFrom('account_roles').where('name', 'in', removed).execute();
  await indexAdministrators(kysely, roles);
};

const requireUnused = async (kysely: Kysely<Schema>, removed: readonly Role[], { names }: Roles): Promise<void> => {
  const held = await kysely
    .selectFrom('users')
    .select(['role', ({ fn }) => fn.countAll<number>().as('count')])
    .where('role', 'in', removed)
    .groupBy('role')
    .orderBy('role')
    .execute();
  if (held.length === 0) return;
  const lines = held.map(({ role, count }) => {
    const accounts = Number(count) === 1 ? '1 account has' : `${count} accounts have`;
    return `roles: ${accounts} the role ${role}, which is not in the list (${names.join(', ')}). Add it, or give them another one: fieldgate user map-role ${role} <ROLE>`;
  });
  throw new StartError(lines.join('\n'));
};

/** The migration 0030 has made the index for ADMIN. Each administrator's right to go is decided by it. */
const indexAdministrators = async (kysely: Kysely<Schema>, { administrator }: Roles): Promise<void> => {
  if (administrator === 'ADMIN') return;
  const name = sql.id(`users_administrators_${administrator.toLowerCase()}`);
  const role = sql.lit(administrator);
  await sql`create index if not exists ${name} on users (id) where role = ${role} and disabled_at is null`.execute(
    kysely,
  );
};

/** Gives every account with the role `from` the role `to`, in one step. Resolves with their ids. */
export const mapRole = async ({ kysely }: SqlDatabase, from: Role, to: Role): Promise<readonly UserId[]> => {
  await kysely
    .insertInto('account_roles')
    .values({ name: to })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // A trigger raises their versions: their access tokens are stale from then on.
  const rows = await kysely.updateTable('users').set({ role: to }).where('role', '=', from).returning('id').execute();
  return rows.map(({ id }) => userId(id));
};
