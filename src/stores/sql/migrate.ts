import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { AppError } from '../../domain/errors.ts';
import { StartError } from '../../domain/start-error.ts';
import type { SqlDatabase } from './database.ts';
import { accountsAndSessions } from './migrations/0001-accounts-and-sessions.ts';
import { revocations } from './migrations/0002-revocations.ts';
import { apiKeys } from './migrations/0003-api-keys.ts';
import { serviceClients } from './migrations/0004-service-clients.ts';
import { signingKeys } from './migrations/0005-signing-keys.ts';
import { identities } from './migrations/0006-identities.ts';
import { events } from './migrations/0007-events.ts';
import { loginAttempts } from './migrations/0008-login-attempts.ts';
import { rateCounters } from './migrations/0009-rate-counters.ts';
import { sessionAuthentication } from './migrations/0020-session-authentication.ts';
import { accountChanges } from './migrations/0030-account-changes.ts';
import { secretUse } from './migrations/0031-secret-use.ts';
import { validAccounts } from './migrations/0032-valid-accounts.ts';
import { lists } from './migrations/0040-lists.ts';
import { liveSessions } from './migrations/0041-live-sessions.ts';
import { validRecords } from './migrations/0042-valid-records.ts';
import { roles as rolesTable } from './migrations/0050-roles.ts';
import { rolesDiffer, syncRoles } from './roles.ts';
import type { Schema } from './schema.ts';

/**
 * Runs the pending migrations, all or none, in one transaction. PostgreSQL serialises simultaneous callers by an advisory
 * lock, SQLite by `BEGIN IMMEDIATE`: the second caller finds nothing pending.
 */
export async function migrateToLatest(kysely: Kysely<Schema>, dialect: SqlDatabase['dialect']): Promise<void> {
  const { error } = await migratorOf(kysely, dialect).migrateToLatest();
  if (error === undefined) return;
  if (!(error instanceof AppError)) await rejectNewer(kysely, dialect);
  throw error;
}

type MigrateDeps = Pick<SqlDatabase, 'dialect' | 'roles'> & { readonly kysely: Kysely<Schema> };

/** Runs the pending migrations, then makes the roles of the database those of the configuration (`syncRoles`). */
export async function migrate({ kysely, dialect, roles }: MigrateDeps): Promise<void> {
  await migrateToLatest(kysely, dialect);
  await syncRoles(kysely, roles);
}

/** Rejects with `StartError` if a newer version has migrated the database. */
async function rejectNewer(kysely: Kysely<Schema>, dialect: SqlDatabase['dialect']): Promise<void> {
  const known = new Set(Object.keys(migrationsFor(dialect)));
  const newer = (await executedMigrations(kysely)).filter((name) => !known.has(name));
  if (newer.length === 0) return;
  throw new StartError(
    `The database was last used by a newer version of Fieldgate: this one does not know the migration ${newer.join(', ')}. Install that version, or restore a backup made before it.`,
  );
}

async function executedMigrations(kysely: Kysely<Schema>): Promise<readonly string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from ${sql.table(migrationTable)}`.execute(kysely);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (error instanceof AppError) throw error;
    return []; // There is no such table yet.
  }
}

/** Returns the names of the migrations that the database has not run, in order. Changes nothing. Rejects with `StartError` if a newer version migrated it. */
export async function pendingMigrations(database: SqlDatabase): Promise<readonly string[]> {
  const { kysely, dialect } = database;
  await rejectNewer(kysely, dialect);
  const migrations = await migratorOf(kysely, dialect).getMigrations();
  const pending = migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
  if (pending.length > 0) return pending;
  return (await rolesDiffer(database)) ? ['roles'] : [];
}

/** The bookkeeping tables carry our name, because another Kysely application may use the same database. */
const migrationTable = 'fieldgate_migration';

const migratorOf = (kysely: Kysely<Schema>, dialect: SqlDatabase['dialect']): Migrator =>
  new Migrator({
    db: kysely,
    provider: { getMigrations: async () => migrationsFor(dialect) },
    migrationTableName: migrationTable,
    migrationLockTableName: `${migrationTable}_lock`,
  });

const migrationsFor = (dialect: SqlDatabase['dialect']): Readonly<Record<string, Migration>> => ({
  '0001-accounts-and-sessions': accountsAndSessions(dialect),
  '0002-revocations': revocations(dialect),
  '0003-api-keys': apiKeys(dialect),
  '0004-service-clients': serviceClients(dialect),
  '0005-signing-keys': signingKeys(dialect),
  '0006-identities': identities(dialect),
  '0007-events': events(dialect),
  '0008-login-attempts': loginAttempts(dialect),
  '0009-rate-counters': rateCounters(dialect),
  '0020-session-authentication': sessionAuthentication(dialect),
  '0030-account-changes': accountChanges(dialect),
  '0031-secret-use': secretUse(dialect),
  '0032-valid-accounts': validAccounts(dialect),
  '0040-lists': lists(),
  '0041-live-sessions': liveSessions(),
  '0042-valid-records': validRecords(dialect),
  '0050-roles': rolesTable(dialect),
});
