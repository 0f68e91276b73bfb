import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
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
import { accountChanges } from './migrations/0030-account-changes.ts';
import { secretUse } from './migrations/0031-secret-use.ts';
import { validAccounts } from './migrations/0032-valid-accounts.ts';
import type { Schema } from './schema.ts';

/**
 * Runs the pending migrations, all or none, in one transaction. PostgreSQL serialises simultaneous callers by an advisory
 * lock, SQLite by `BEGIN IMMEDIATE`: the second caller finds nothing pending.
 */
export async function migrateToLatest(kysely: Kysely<Schema>, dialect: SqlDatabase['dialect']): Promise<void> {
  const { error } = await migratorOf(kysely, dialect).migrateToLatest();
  if (error !== undefined) throw error;
}

/** Returns the names of the migrations that the database has not run, in order. Changes nothing. */
export async function pendingMigrations({ kysely, dialect }: SqlDatabase): Promise<readonly string[]> {
  const migrations = await migratorOf(kysely, dialect).getMigrations();
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

/** The bookkeeping tables carry our name, because another Kysely application may use the same database. */
const migratorOf = (kysely: Kysely<Schema>, dialect: SqlDatabase['dialect']): Migrator =>
  new Migrator({
    db: kysely,
    provider: {
      getMigrations: async () => ({
        '0001-accounts-and-sessions': accountsAndSessions(dialect),
        '0002-revocations': revocations(dialect),
        '0003-api-keys': apiKeys(dialect),
        '0004-service-clients': serviceClients(dialect),
        '0005-signing-keys': signingKeys(dialect),
        '0006-identities': identities(dialect),
        '0007-events': events(dialect),
        '0008-login-attempts': loginAttempts(dialect),
        '0009-rate-counters': rateCounters(dialect),
        '0030-account-changes': accountChanges(dialect),
        '0031-secret-use': secretUse(dialect),
        '0032-valid-accounts': validAccounts(dialect),
      }),
    },
    migrationTableName: 'fieldgate_migration',
    migrationLockTableName: 'fieldgate_migration_lock',
  });
