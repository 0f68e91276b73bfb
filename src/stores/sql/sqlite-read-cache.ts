import type { DatabaseSync } from 'node:sqlite';
import { batchPerTick, Failure } from '../batch.ts';
import type { PreparedCachedRead } from './database.ts';
import { throwMapped } from './sqlite-errors.ts';
import { prepareRow } from './sqlite-statements.ts';

/** Of some 500 bytes each. */
const maxRows = 10_000;
/** The most reads per snapshot; it blocks the thread meanwhile. */
const maxBatch = 100;

type CachedQuery = {
  readonly values: Map<string, unknown>;
  readonly load: (parameters: readonly unknown[]) => unknown;
};
type Lookup = { readonly query: CachedQuery; readonly parameters: readonly unknown[] };

/**
 * Reads single rows and caches what they are mapped to until the file is written to, by this process or another: `PRAGMA
 * data_version` changes for a connection whenever another one has committed
 * (https://sqlite.org/pragma.html#pragma_data_version), and `reader` never writes. It is read each time, in the snapshot that
 * answers what is not cached, so no answer is older than its request. Locking the file for that is most of what a read costs,
 * so all reads of one turn of the event loop share a snapshot.
 */
export function createReadCache(reader: DatabaseSync) {
  const readVersion = reader.prepare('PRAGMA data_version');
  readVersion.setReturnArrays(true); // cheaper than an object
  const [begin, commit] = [reader.prepare('BEGIN'), reader.prepare('COMMIT')];
  const queries: CachedQuery[] = [];
  let cachedVersion: unknown;

  const answer = batchPerTick((lookups: readonly Lookup[]): readonly unknown[] => {
    begin.run();
    try {
      const row: unknown = readVersion.get();
      const version: unknown = Array.isArray(row) ? row[0] : null;
      if (version !== cachedVersion) for (const { values } of queries) values.clear();
      cachedVersion = version;
      return lookups.map(find);
    } finally {
      if (reader.isTransaction) commit.run();
    }
  }, maxBatch);

  return <R, Value>(sql: string, map: (row: R) => Value): PreparedCachedRead<Value> => {
    // Prepared on first use: a store may be created before the tables.
    let read: ReturnType<typeof prepareRow> | undefined;
    const load = (parameters: readonly unknown[]): Value | undefined => {
      read ??= prepareRow(reader, sql);
      const row = read(parameters);
      // Unchecked cast: Kysely infers the row type from the query.
      return row === undefined ? undefined : map(row as R);
    };
    const query: CachedQuery = { values: new Map(), load };
    queries.push(query);
    // Unchecked cast: the cache of a query holds what its `map` returned.
    return (parameters) => answer({ query, parameters }).catch(throwMapped) as Promise<Value | undefined>;
  };
}

const find = ({ query: { values, load }, parameters }: Lookup): unknown => {
  // Rows are read only for parameters without U+0000, so no two lists of them have the same key.
  const key = parameters.join('\0');
  const cached = values.get(key);
  if (cached !== undefined) return cached;
  try {
    const value = load(parameters);
    if (values.size >= maxRows) values.clear();
    if (value !== undefined) values.set(key, value);
    return value;
  } catch (error) {
    return new Failure(error);
  }
};
