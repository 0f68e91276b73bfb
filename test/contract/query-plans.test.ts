import { CompiledQuery } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { anyPostgres, sqliteFile, type TestDatabase } from '../support/databases.ts';
import { recordEveryStatement } from '../support/recorded-statements.ts';

/**
 * The cost of a request must not grow with the amount of data. A statement may walk an index in the order of a page and
 * stop when the page is full; it may not read a table. The search through all accounts is the exception.
 */
describe('query plans', () => {
  const migrated = async (provided: TestDatabase): Promise<SqlDatabase> => {
    onTestFinished(provided.drop);
    const database = provided.connect();
    await database.migrate();
    return database;
  };

  type Plan = { readonly statement: string; readonly steps: readonly string[] };

  const explainAll = async (
    kysely: SqlDatabase['kysely'],
    statements: ReadonlyMap<string, readonly unknown[]>,
    { explain, column }: { readonly explain: string; readonly column: string },
  ): Promise<readonly Plan[]> => {
    const plans: Plan[] = [];
    for (const [statement, parameters] of statements) {
      const query = CompiledQuery.raw(`${explain} ${statement}`, [...parameters]);
      const { rows } = await kysely.executeQuery<Record<string, unknown>>(query);
      plans.push({ statement, steps: rows.map((row) => String(row[column])) });
    }
    expect(plans.length).toBeGreaterThan(40);
    return plans;
  };

  test('no statement of a request reads a whole table in SQLite', async () => {
    const database = await migrated(sqliteFile());
    const statements = await recordEveryStatement(database);
    const plans = await explainAll(database.kysely, statements, { explain: 'EXPLAIN QUERY PLAN', column: 'detail' });
    // `change`: the accounts that changed, which are removed as they are read.
    const scansTable = (step: string) =>
      step.startsWith('SCAN') &&
      !/^SCAN (?:users USING (?:COVERING )?INDEX users_(?:page|administrators)|service_clients USING INDEX service_clients_page|page|pages|of_account|change)$/.test(
        step,
      );
    // Sorting is fine for a page of each type and for the identities of one account.
    const sortsTable = (step: string, statement: string) =>
      step.includes('TEMP B-TREE') && !/"page"|"of_account"/.test(statement);
    const offending = plans.filter(({ statement, steps }) =>
      steps.some((step) => scansTable(step) || sortsTable(step, statement)),
    );
    expect(offending).toEqual([]);
  });

  test('no statement of a request reads a whole table in PostgreSQL', { timeout: 60_000 }, async () => {
    const database = await migrated(await anyPostgres());
    const statements = await recordEveryStatement(database);
    const plans = await database.kysely.connection().execute(async (connection) => {
      // With so few rows PostgreSQL would read them all. Where it still does, it has no index to use.
      await connection.executeQuery(CompiledQuery.raw('set enable_seqscan = off'));
      return explainAll(connection, statements, { explain: 'EXPLAIN', column: 'QUERY PLAN' });
    });
    expect(plans.filter(({ steps }) => steps.some((step) => /Seq Scan/.test(step)))).toEqual([]);
  });
});
