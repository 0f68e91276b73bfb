import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';

/** Every column with a time that is shown to somebody. */
const timeColumns: Readonly<Record<string, readonly string[]>> = {
  sessions: ['created_at', 'last_seen_at', 'authenticated_at', 'expires_at', 'absolute_expires_at'],
  api_keys: ['created_at', 'expires_at', 'revoked_at', 'last_used_at'],
  service_clients: ['created_at', 'disabled_at', 'previous_expires_at', 'secret_used_at'],
  identities: ['created_at', 'last_used_at'],
  events: ['time'],
};

/** What a Date can be. Null, where a column may be, is no violation. */
const isTime = (column: string): string => `${column} between -8640000000000000 and 8640000000000000`;

const rules: readonly (readonly [table: string, column: string, rule: (column: string) => string])[] = [
  ...Object.entries(timeColumns).flatMap(([table, columns]) =>
    columns.map((column) => [table, column, isTime] as const),
  ),
  ['events', 'outcome', (column) => `${column} in ('success', 'failure')`],
];

/** Refuses records that could not be shown, as 0032 does for accounts. */
export const validRecords = (dialect: SqlDatabase['dialect']): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    for (const [table, column, rule] of rules) {
      const name = `${table}_${column}_valid`;
      const statements =
        dialect === 'sqlite'
          ? sqliteTriggers(table, column, rule(`new.${column}`))
          : [`alter table ${table} add constraint ${name} check (${rule(column)}) not valid`];
      for (const statement of statements) await sql.raw(statement).execute(db);
    }
  },
});

const sqliteTriggers = (table: string, column: string, rule: string): readonly string[] =>
  ['insert', `update of ${column}`].map(
    (event) => `create trigger ${table}_${column}_valid_${event.split(' ', 1)[0]} before ${event} on ${table}
      when not (${rule})
      begin select raise(abort, 'CHECK constraint failed: ${table}_${column}_valid'); end`,
  );
