import type { DatabaseSync } from 'node:sqlite';
import { batchPerTick } from '../batch.ts';

type Write = () => Readonly<Record<string, unknown>> | undefined;
/** Runs a write and answers with what it returned. */
export type Commit = (write: Write) => Promise<ReturnType<Write>>;

type Outcome = { readonly row: ReturnType<Write> } | { readonly error: unknown };

/** What one sync carries at most; it blocks the thread meanwhile. */
const mostAtOnce = 100;

/**
 * Runs writes and answers when they are durable. Those of one turn of the event loop are committed together, because waiting
 * for the disk is what a write costs. Each is a single statement: one that fails has changed nothing and fails alone. If the
 * transaction itself fails, all of them do, and none of them was answered.
 */
export function createCommits(database: DatabaseSync): Commit {
  const attempt = (write: Write): Outcome => {
    try {
      return { row: write() };
    } catch (error) {
      // A full disk, say, ends the whole transaction and not only the statement that met it.
      if (!database.isTransaction) throw error;
      return { error };
    }
  };

  const commit = batchPerTick<Write, Outcome>(async (writes) => {
    while (database.isTransaction) await sleep();
    database.exec('BEGIN IMMEDIATE');
    try {
      const outcomes = writes.map(attempt);
      database.exec('COMMIT');
      return outcomes;
    } finally {
      if (database.isTransaction) database.exec('ROLLBACK');
    }
  }, mostAtOnce);

  return async (write) => {
    const outcome = await commit(write);
    if ('error' in outcome) throw outcome.error;
    return outcome.row;
  };
}

/** Runs each write without waiting for the disk, which syncs it with the next write that does. */
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

/** For a transaction to end: only migrations leave one open when they give the thread away. */
const sleep = (): Promise<void> => new Promise((resume) => setTimeout(resume, 5));
