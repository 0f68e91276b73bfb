import { CompiledQuery } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { pglite, sqliteFile } from '../support/databases.ts';
import { recordEveryStatement } from '../support/recorded-statements.ts';

/**
 * What a request costs must not grow with what is kept. A statement may walk an index in the order of a page, and stops when
 * that is full; it may not read a table.
 */
describe('no statement of a request reads a whole table, but for the search through all accounts', () => {
  const opened = [sqliteFile(), pglite()] as const;
  afterAll(() => Promise.all(opened.map((database) => database.drop())));

  const explain = async (database: SqlDatabase, explaining: string, column: string) => {
    const plans = new Map<string, readonly string[]>();
    for (const [sql, parameters] of await recordEveryStatement(database)) {
      const { rows } = await database.kysely.executeQuery<Record<string, unknown>>(
        CompiledQuery.raw(`${explaining} ${sql}`, [...parameters]),
      );
      plans.set(
        sql,
        rows.map((row) => String(row[column])),
      );
    }
    expect(plans.size).toBeGreaterThan(40);
    return plans;
  };

  const offending = (
    plans: ReadonlyMap<string, readonly string[]>,
    isOffence: (step: string, sql: string) => boolean,
  ) =>
    [...plans]
      .filter(([sql, steps]) => steps.some((step) => isOffence(step, sql)))
      .map(([sql, steps]) => `${sql}\n${steps.join('\n')}`);

  test('SQLite', async () => {
    const database = opened[0].connect();
    await database.migrate();
    const plans = await explain(database, 'EXPLAIN QUERY PLAN', 'detail');
    // `change`: the accounts that changed, which are removed as they are read.
    const isOffence = (step: string, sql: string) =>
      (step.startsWith('SCAN') &&
        !/^SCAN (?:users USING (?:COVERING )?INDEX users_(?:page|administrators)|page|pages|of_account|change)$/.test(
          step,
        )) ||
      // What is sorted is a page of each type, or the identities of one account.
      (step.includes('TEMP B-TREE') && !/"page"|"of_account"/.test(sql));
    expect(offending(plans, isOffence)).toEqual([]);
  });

  test('PostgreSQL', { timeout: 60_000 }, async () => {
    const database = opened[1].connect();
    await database.migrate();
    // With so few rows it would read them all. Where it still does there is no other way for it.
    await database.kysely.executeQuery(CompiledQuery.raw('set enable_seqscan = off'));
    const plans = await explain(database, 'EXPLAIN', 'QUERY PLAN');
    expect(offending(plans, (step) => /Seq Scan/.test(step))).toEqual([]);
  });
});
