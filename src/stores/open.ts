import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import type { SessionLifetimes } from '../domain/session.ts';
import type { AccountStore } from './account-store.ts';
import type { SessionStore } from './session-store.ts';
import { sqlAccountStore } from './sql/account-store.ts';
import { pendingMigrations } from './sql/migrate.ts';
import { newestRecordAt } from './sql/newest-record.ts';
import { sqlSessionStore } from './sql/session-store.ts';
import { openSqlite } from './sql/sqlite.ts';

export type Stores = {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  /** Brings every schema up to date; safe to call from any number of processes at once. */
  readonly migrate: () => Promise<void>;
  /** Names of what `migrate` would run, in order. Changes nothing. */
  readonly pendingMigrations: () => Promise<readonly string[]>;
  /** The latest time anything was written down at; null if nothing was. The schema must be up to date. */
  readonly newestRecordAt: () => Promise<EpochMillis | null>;
  /** One entry per store; rejects when that store cannot answer in time. */
  readonly pings: Readonly<Record<string, () => Promise<void>>>;
  readonly close: () => Promise<void>;
};

type Options = { readonly dataDir: string; readonly lifetimes: SessionLifetimes; readonly clock: Clock };

const databaseFile = (dataDir: string): string => join(dataDir, 'fieldgate.sqlite');

/** Whether there is a database to open. `openStores` makes one where there is none. */
export const isDatabaseThere = (dataDir: string): boolean => existsSync(databaseFile(dataDir));

/** The stores this configuration asks for. Nothing is read or written before `migrate`. */
export const openStores = ({ dataDir, lifetimes, clock }: Options): Stores => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const database = openSqlite({ file: databaseFile(dataDir) });
  return {
    accounts: sqlAccountStore(database),
    sessions: sqlSessionStore(database, { lifetimes, clock }),
    migrate: database.migrate,
    pendingMigrations: () => pendingMigrations(database),
    newestRecordAt: () => newestRecordAt(database),
    pings: { database: database.ping },
    close: database.close,
  };
};
