import type { DatabaseSync } from 'node:sqlite';
import { batchPerTick } from '../batch.ts';
import { checkedParameters, prepareRow } from './sqlite-statements.ts';

type Row = Readonly<Record<string, unknown>> | undefined;
type Read = (parameters: readonly unknown[]) => Promise<Row>;

/** Of some 500 bytes each. */
const mostKept = 10_000;
/** Read in one go; it blocks the thread meanwhile. */
const mostAtOnce = 100;

/**
 * Reads single rows, and keeps them until somebody writes to the file. Whoever that is, this process or another, SQLite
 * knows of it: `PRAGMA data_version` changes for a connection whenever another one has committed
 * (https://sqlite.org/pragma.html#pragma_data_version), and `reader` is one that never writes. It is asked each time, in the
 * snapshot that answers what is not kept, so no answer is older than its question. Locking the file for that is half of what
 * a read costs, so the questions of one turn of the event loop share a snapshot.
 */
export function createKeptReads(reader: DatabaseSync): (sql: string) => Read {
  const readVersion = prepareRow(reader, 'PRAGMA data_version');
  const [begin, commit] = [reader.prepare('BEGIN'), reader.prepare('COMMIT')];

  const inSnapshot = <T>(work: (version: unknown) => T): T => {
    begin.run();
    try {
      return work(readVersion([])?.['data_version']);
    } finally {
      if (reader.isTransaction) commit.run();
    }
  };

  return (sql) => {
    // Prepared on first use: the tables may not be there yet when a store is made.
    let read: ReturnType<typeof prepareRow> | undefined;
    let keptVersion: unknown;
    const kept = new Map<string, NonNullable<Row>>();

    const answer = (parameters: readonly unknown[]): Row => {
      // No parameter has U+0000 in it.
      const key = parameters.join('\0');
      const known = kept.get(key);
      if (known !== undefined) return known;
      read ??= prepareRow(reader, sql);
      const row = read(parameters);
      if (row !== undefined) kept.set(key, row);
      return row;
    };

    const ask = batchPerTick<readonly unknown[], Row>(
      async (questions) =>
        inSnapshot((version) => {
          if (version !== keptVersion || kept.size >= mostKept) kept.clear();
          keptVersion = version;
          return questions.map(answer);
        }),
      mostAtOnce,
    );
    // Refused before it is gathered: what is wrong with one question is not the others' trouble.
    return async (parameters) => ask(checkedParameters(parameters));
  };
}
