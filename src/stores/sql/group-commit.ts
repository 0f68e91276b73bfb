import type { DatabaseSync } from 'node:sqlite';
import { batchPerTick, Failure } from '../batch.ts';

type Row = Readonly<Record<string, unknown>> | undefined;
type Write = () => Row;
/** Runs a write and resolves with what it returned. */
export type Commit = (write: Write) => Promise<Row>;

/** The most writes per sync; it blocks the thread meanwhile. */
const maxBatch = 100;

/**
 * Runs writes and resolves when they are durable. The writes of one turn of the event loop are committed together, because
 * the sync is what a write costs. Each is a single statement: one that fails has changed nothing and fails alone. If the
 * transaction itself fails, all of them fail, and none was acknowledged.
 */
export function createGroupCommits(database: DatabaseSync): Commit {
  const attempt = (write: Write): Row | Failure => {
    try {
      return write();
    } catch (error) {
      // A full disk, for example, ends the whole transaction and not only the statement that met it.
      if (!database.isTransaction) throw error;
      return new Failure(error);
    }
  };

  return batchPerTick<Write, Row>(async (writes) => {
    while (database.isTransaction) await sleep();
    database.exec('BEGIN IMMEDIATE');
    try {
      const rows = writes.map(attempt);
      database.exec('COMMIT');
      return rows;
    } finally {
      if (database.isTransaction) database.exec('ROLLBACK');
    }
  }, maxBatch);
}

/** Runs each write without a sync; it is synced together with the next write that is. */
export function createRelaxedCommits(database: DatabaseSync): Commit {
  return async (write) => {
    while (database.isTransaction) await sleep();
    database.exec('PRAGMA synchronous = NORMAL');
    try {
      return write();
    } finally {
      database.exec('PRAGMA synchronous = FULL');
    }
  };
}

/** Waits for a transaction to end: only migrations leave one open across turns of the event loop. */
const sleep = (): Promise<void> => new Promise((resume) => setTimeout(resume, 5));
