import type { DatabaseSync } from 'node:sqlite';
import { batchPerTick } from '../batch.ts';
import { checkedParameters, prepareRow } from './sqlite-statements.ts';

type Row = Readonly<Record<string, unknown>> | undefined;
type Read = (parameters: readonly unknown[]) => Promise<Row>;

/** Of some 500 bytes each. */
const maxRows = 10_000;
/** The most reads per snapshot; it blocks the thread meanwhile. */
const maxBatch = 100;

/**
 * Reads single rows and caches them until the file is written to, by this process or another: `PRAGMA data_version` changes
 * for a connection whenever another one has committed (https://sqlite.org/pragma.html#pragma_data_version), and `reader`
 * never writes. It is read each time, in the snapshot that answers what is not cached, so no answer is older than its
 * request. Locking the file for that is half the cost of a read, so the reads of one turn of the event loop share a snapshot.
 */
export function createReadCache(reader: DatabaseSync): (sql: string) => Read {
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
    // Prepared on first use: a store may be created before the tables.
    let read: ReturnType<typeof prepareRow> | undefined;
    let cachedVersion: unknown;
    const cache = new Map<string, NonNullable<Row>>();

    const readRow = (parameters: readonly unknown[]): Row => {
      // No parameter contains U+0000.
      const key = parameters.join('\0');
      const cached = cache.get(key);
      if (cached !== undefined) return cached;
      read ??= prepareRow(reader, sql);
      const row = read(parameters);
      if (row !== undefined) cache.set(key, row);
      return row;
    };

    const readInBatch = batchPerTick<readonly unknown[], Row>(
      async (batch) =>
        inSnapshot((version) => {
          if (version !== cachedVersion || cache.size >= maxRows) cache.clear();
          cachedVersion = version;
          return batch.map(readRow);
        }),
      maxBatch,
    );
    // Checked before it joins the batch: an invalid parameter must not fail the other reads.
    return async (parameters) => readInBatch(checkedParameters(parameters));
  };
}
