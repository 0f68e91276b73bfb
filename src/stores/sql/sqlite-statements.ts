import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';

type Prepared = { readonly statement: StatementSync; readonly returnsRows: boolean };

/**
 * Returns a function that prepares each text once and keeps the most recently used statements. Bounded, because a list in
 * a statement makes another text for each length. Sharing is safe: every use runs to its end before the next one starts.
 */
export function statementCache(database: DatabaseSync, capacity = 100): (sql: string) => Prepared {
  const cache = new LRUCache<string, Prepared>({ max: capacity });
  return (sql) => {
    const cached = cache.get(sql);
    if (cached !== undefined) return cached;
    const statement = database.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    cache.set(sql, prepared);
    return prepared;
  };
}

type ReadRow = (parameters: readonly unknown[]) => Readonly<Record<string, unknown>> | undefined;

/** Reads one row as a plain object. The rows of node:sqlite are dictionary-mode objects, which cost more than the read. */
export const prepareRow = (database: DatabaseSync, sql: string): ReadRow =>
  prepareWith(database, sql, (statement, values) => statement.get(...values));

/**
 * The same for a statement that writes. It runs to its end: `StatementSync.get` stops at the first row, before the statement commits,
 * and drops the error of a commit that fails (a full disk), so that a row would be returned that is nowhere.
 */
export const prepareWrittenRow = (database: DatabaseSync, sql: string): ReadRow =>
  prepareWith(database, sql, (statement, values) => statement.all(...values)[0]);

function prepareWith(
  database: DatabaseSync,
  sql: string,
  run: (statement: StatementSync, values: readonly SQLInputValue[]) => unknown,
): ReadRow {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  const names = statement.columns().map(({ name }) => name);
  return (parameters) => {
    const values = run(statement, checkedParameters(parameters));
    if (!Array.isArray(values)) return undefined;
    const row: Record<string, unknown> = {};
    for (let column = 0; column < names.length; column += 1) row[names[column] ?? ''] = values[column];
    return row;
  };
}

/**
 * Rejects parameters that node:sqlite would misread: it takes an object in first place for named parameters, reports other
 * types unclearly, and stores U+0000, which PostgreSQL refuses. The error never contains the value.
 */
export const checkedParameters = (values: readonly unknown[]): SQLInputValue[] => values.map(checked);

function checked(value: unknown, index: number): SQLInputValue {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) throw new TypeError(`SQL parameter ${index + 1} contains U+0000.`);
      return value;
    case 'number':
    case 'bigint':
      return value;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError(
        `SQL parameter ${index + 1} is of type ${typeof value}; SQLite takes text, numbers, null and Uint8Array.`,
      );
  }
}
