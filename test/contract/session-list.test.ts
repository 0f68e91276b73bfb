import { userId } from '@fieldgate/guard';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { createAccount } from '../support/accounts.ts';
import { anyPostgres, sqliteFile, type TestDatabase } from '../support/databases.ts';
import { insertSessions } from '../support/many-rows.ts';
import { allOf } from '../support/pages.ts';

const now = 1_000_000_000;
const lifetimes = { idleMs: 1_000, absoluteMs: 5_000, reuseWindowMs: 100 };

describe.each<[string, () => TestDatabase | Promise<TestDatabase>]>([
  ['SQLite', sqliteFile],
  ['PostgreSQL', anyPostgres],
])('the list of sessions in %s', (_, provide) => {
  const setUp = async () => {
    const provided = await provide();
    onTestFinished(provided.drop);
    const database = provided.connect();
    await database.migrate();
    const accounts = sqlAccountStore(database);
    const { id: owner } = await createAccount(accounts);
    const insert = (createdAt: number, count: number, expiresAt: number, accountVersion = 1) =>
      insertSessions(database, { owner, count, createdAt, expiresAt, accountVersion });
    const store = sqlSessionStore(database, { lifetimes, clock: () => now });
    const times = async () => (await allOf(store, owner)).map(({ createdAt }) => createdAt);
    return { accounts, owner, insert, store, times };
  };

  /** From the highest to the lowest. */
  const down = (from: number, count: number) => Array.from({ length: count }, (__, index) => from - index);

  test('B2: of an account with many expired sessions the live ones are listed, wherever they stand', async () => {
    const { insert, times } = await setUp();
    await insert(1, 150, now + 1);
    await insert(10_000, 3_000, now);
    await insert(20_000, 50, now + 2);
    await insert(30_000, 3_000, now - 1);
    expect(await times()).toEqual([...down(20_049, 50), ...down(150, 150)]);
  });

  test('B2: more live sessions than are sorted at once are listed in their order, past expired ones', async () => {
    const { insert, times } = await setUp();
    await insert(1, 3_000, now + 1);
    await insert(10_000, 2_500, now);
    await insert(20_000, 2_100, now + 2);
    expect(await times()).toEqual([...down(22_099, 2_100), ...down(3_000, 3_000)]);
  });

  test.each([200, 2_200])(
    'B2, R16: sessions that an account has ended are not listed, of %i neither',
    async (count) => {
      const { accounts, owner, insert, times } = await setUp();
      await accounts.change(owner, () => ({ passwordHash: 'other' }));
      await insert(1, 110, now + 1, 2);
      await insert(1_000, count, now + 1, 1);
      expect(await times()).toEqual(down(110, 110));
      await accounts.change(owner, () => ({ disabledAt: now }));
      expect(await times()).toEqual([]);
    },
  );

  test('B2: an account that does not exist has no sessions', async () => {
    const { store } = await setUp();
    expect(await allOf(store, userId('00000000-0000-4000-8000-000000000000'))).toEqual([]);
  });
});
