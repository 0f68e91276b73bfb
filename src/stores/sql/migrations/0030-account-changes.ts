import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/**
 * Binds sessions to a version of their account, and lists the accounts that changed for session stores outside of the database.
 * Triggers do both for changes by hand too: one that forgets the version raises it, and disabling ends the sessions.
 */
export const accountChanges = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await addVersion(db, 'users', 'sessions_from').execute();
      await addVersion(db, 'sessions', 'account_version').execute();
      await db.schema
        .createTable('account_changes')
        .addColumn('user_id', text, (column) => column.primaryKey().notNull())
        .addColumn('version', integer, (column) => column.notNull())
        .$call(strict)
        .execute();
      await sql`create index users_administrators on users (id) where role = 'ADMIN' and disabled_at is null`.execute(
        db,
      );
      for (const statement of dialect === 'sqlite' ? sqliteTriggers : postgresTriggers) await statement.execute(db);
    },
  };

  function addVersion(db: Kysely<unknown>, table: string, name: string) {
    return db.schema.alterTable(table).addColumn(name, integer, (column) => column.notNull().defaultTo(0));
  }
};

/** Of a deleted account: higher than any version. */
const deleted = sql.raw(String(Number.MAX_SAFE_INTEGER));

const sqliteTriggers = [
  sql`create trigger users_edited after update on users
    when new.version = old.version and (new.role <> old.role or new.disabled_at is not old.disabled_at)
    begin
      update users set
        version = old.version + 1,
        sessions_from = case when old.disabled_at is null and new.disabled_at is not null
          then old.version + 1 else sessions_from end
      where id = new.id;
    end`,
  sql`create trigger users_changed after update on users
    when new.version <> old.version
    begin
      insert into account_changes (user_id, version) values (new.id, new.version)
      on conflict (user_id) do update set version = excluded.version;
    end`,
  sql`create trigger users_deleted after delete on users
    begin
      insert into account_changes (user_id, version) values (old.id, ${deleted})
      on conflict (user_id) do update set version = excluded.version;
    end`,
];

/** The schema is that of the table, whatever the search path of the connection that writes. */
const postgresTriggers = [
  sql`create function fieldgate_account_edited() returns trigger language plpgsql as $$
    begin
      new.version := old.version + 1;
      if old.disabled_at is null and new.disabled_at is not null then
        new.sessions_from := new.version;
      end if;
      return new;
    end $$`,
  sql`create trigger users_edited before update on users for each row
    when (new.version = old.version and (new.role <> old.role or new.disabled_at is distinct from old.disabled_at))
    execute function fieldgate_account_edited()`,
  sql`create function fieldgate_account_changed() returns trigger language plpgsql as $$
    begin
      execute format('insert into %I.account_changes (user_id, version) values ($1, $2)
        on conflict (user_id) do update set version = excluded.version', tg_table_schema)
      using old.id, case when tg_op = 'DELETE' then ${deleted} else new.version end;
      return null;
    end $$`,
  sql`create trigger users_changed after update on users for each row
    when (new.version <> old.version) execute function fieldgate_account_changed()`,
  sql`create trigger users_deleted after delete on users for each row execute function fieldgate_account_changed()`,
];
