import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/**
 * The roles that accounts can have become rows, which `syncRoles` keeps: which roles there are is configuration. As before, the
 * database refuses an account with any other role, also one that is edited by hand.
 */
export const roles = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, strict } = dialectTypes(dialect);
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('account_roles')
        .addColumn('name', text, (column) => column.primaryKey().notNull())
        .$call(strict)
        .execute();
      await sql`insert into account_roles (name) values ('USER'), ('MODERATOR'), ('ADMIN')`.execute(db);
      for (const statement of dialect === 'sqlite' ? sqlite : postgres) await sql.raw(statement).execute(db);
    },
  };
};

/** SQLite can add no constraint to a table: see 0032. */
const sqlite = ['insert', 'update'].flatMap((event) => [
  `drop trigger if exists users_role_valid_${event}`,
  `create trigger users_role_valid_${event} before ${event} on users
    when new.role not in (select name from account_roles)
    begin select raise(abort, 'CHECK constraint failed: users_role_valid'); end`,
]);

/** Not valid: rows that are there already stay. */
const postgres = [
  'alter table users drop constraint if exists users_role_valid',
  'alter table users add constraint users_role_valid foreign key (role) references account_roles (name) not valid',
];
