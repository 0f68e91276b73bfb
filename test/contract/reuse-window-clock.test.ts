import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Clock } from '../../src/domain/clock.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { createAccount } from '../support/accounts.ts';
import { anyPostgres, sqliteFile, type TestDatabase } from '../support/databases.ts';
import { refreshToken, signIn } from '../support/sign-ins.ts';

const lifetimes = { idleMs: 30 * 86_400_000, absoluteMs: 90 * 86_400_000, reuseWindowMs: 10_000 };
const hour = 3_600_000;
let opened: readonly TestDatabase[] = [];
let databases: readonly SqlDatabase[] = [];

beforeAll(async () => {
  opened = [sqliteFile(), await anyPostgres()];
  databases = opened.map((database) => database.connect());
  for (const database of databases) await database.migrate();
}, 60_000);
afterAll(() => Promise.all(opened.map((database) => database.drop())));

it('R04 the reuse window does not grow when the clock is set back', async () => {
  for (const database of databases) {
    let now = Date.UTC(2026, 0, 1);
    const clock: Clock = () => now;
    const store = sqlSessionStore(database, { lifetimes, clock });
    const ada = await createAccount(sqlAccountStore(database));
    const [early, late] = [await signIn(store, ada), await signIn(store, ada)];
    const spent = { early: early.token, late: late.token };
    await refreshToken(store, early);
    await refreshToken(store, late);
    // Instances whose clocks differ a little replay as before.
    now -= 2_000;
    expect((await refreshToken(store, early, spent.early)).kind).toBe('replayed');
    now -= hour;
    now += 11_000;
    expect((await refreshToken(store, late, spent.late)).kind).toBe('reused');
    expect((await store.check(ada.id, late.id)).kind).toBe('ended');
  }
});
