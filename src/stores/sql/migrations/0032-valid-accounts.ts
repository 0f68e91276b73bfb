import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';

const time = (column: string): string => `${column} between -8640000000000000 and 8640000000000000`;

/** What `parseUser` accepts. Null, where a column may be, is no violation. */
const rules: Readonly<Record<string, string>> = {
  users_role_valid: `role in ('USER', 'MODERATOR', 'ADMIN')`,
  users_created_at_valid: time('created_at'),
  users_disabled_at_valid: `disabled_at is null or ${time('disabled_at')}`,
  users_version_valid: 'version between 1 and 9007199254740991',
  users_sessions_from_valid: 'sessions_from between 0 and 9007199254740991',
  users_email_valid: `email <> ''`,
};

/**
 * Refuses accounts that could not be read. Rows that are there already stay, and `fieldgate doctor` lists them: PostgreSQL checks a
 * constraint that is not valid for new and changed rows only. SQLite cannot add a constraint to a table, and replacing the table
 * would delete everything that refers to it; triggers do the same.
 */
export const validAccounts = (dialect: SqlDatabase['dialect']): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    for (const [name, rule] of Object.entries(rules)) {
      const statements = dialect === 'sqlite' ? sqliteTriggers(name, rule) : [postgresConstraint(name, rule)];
      for (const statement of statements) await sql.raw(statement).execute(db);
    }
  },
});

const postgresConstraint = (name: string, rule: string): string =>
  `alter table users add constraint ${name} check (${rule}) not valid`;

const sqliteTriggers = (name: string, rule: string): readonly string[] =>
  ['insert', 'update'].map(
    (event) => `create trigger ${name}_${event} before ${event} on users
      when not exists (select 1 from (${newRow}) where ${rule})
      begin select raise(abort, 'CHECK constraint failed: ${name}'); end`,
  );

const newRow = ['role', 'created_at', 'disabled_at', 'version', 'sessions_from', 'email']
  .map((column) => `new.${column} as ${column}`)
  .join(', ')
  .replace(/^/, 'select ');
