import { LRUCache } from 'lru-cache';
import type { ReportUnreadable, SqlDatabase } from './database.ts';
import { maxTime } from './user-rows.ts';

/** Names a row that is no valid record. */
export type UnreadableRow = { readonly table: string; readonly id: string };

/** Returns the accounts that `parseUser` cannot read, at most `limit`. Reads the whole table. */
export const findUnreadableRows = async (
  { kysely, roles }: SqlDatabase,
  limit: number,
): Promise<readonly UnreadableRow[]> => {
  const rows = await kysely
    .selectFrom('users')
    .select('id')
    .where(({ eb, or, not, between }) =>
      or([
        eb('role', 'not in', [...roles.names]),
        not(between('created_at', -maxTime, maxTime)),
        not(between('disabled_at', -maxTime, maxTime)),
        not(between('version', 0, Number.MAX_SAFE_INTEGER)),
        not(between('sessions_from', 0, Number.MAX_SAFE_INTEGER)),
      ]),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => ({ table: 'users', id }));
};

const repeatAfterMs = 60_000;

/** Returns a function that passes on each row once a minute: a row may be read with every request. */
export const reportOncePerMinute = (report: (row: UnreadableRow) => void, clock: () => number): ReportUnreadable => {
  const reported = new LRUCache<string, number>({ max: 1_000 });
  return (table, id) => {
    const now = clock();
    const key = `${table} ${id}`;
    const last = reported.get(key);
    if (last !== undefined && Math.abs(now - last) < repeatAfterMs) return;
    reported.set(key, now);
    report({ table, id });
  };
};
