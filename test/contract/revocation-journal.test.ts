import { randomUUID } from 'node:crypto';
import { type SessionId, sessionId, userId } from '@fieldgate/guard';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tokenDigest } from '../../src/domain/ids.ts';
import type { JournalEntry, Revocation, RevocationJournal } from '../../src/stores/ports/revocation-journal.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import { empty, pglite, postgresMissing, postgresServer, sqliteFile, type TestDatabase } from '../support/databases.ts';
import { createAccount } from '../support/redis-stores.ts';

const missing = await postgresMissing();

describe.each<[string, () => TestDatabase | Promise<TestDatabase>, string | null]>([
  ['SQLite', sqliteFile, null],
  ['PostgreSQL in memory (PGlite)', pglite, null],
  ['PostgreSQL', postgresServer, missing],
])('revocation journal: %s', (_, provide, reason) => {
  describe.skipIf(reason !== null)(reason ?? 'holds', () => {
    let provided: TestDatabase;
    let database: SqlDatabase;
    let journal: RevocationJournal;
    let now = 0;
    const keepMs = 1_000;
    const ada = userId(randomUUID());

    beforeAll(async () => {
      provided = await provide();
      database = provided.connect();
      await database.migrate();
    });
    afterAll(() => provided.drop());
    beforeEach(async () => {
      await empty(database);
      await sql`delete from revocations`.execute(database.kysely);
      now = 1_000_000;
      journal = sqlRevocationJournal(database, { clock: () => now, keepMs });
    });

    const ended = (id: SessionId = sessionId(randomUUID())): Revocation => ({
      kind: 'session',
      userId: ada,
      sessionId: id,
    });
    const entries = async (): Promise<readonly JournalEntry[]> => {
      const all: JournalEntry[] = [];
      for await (const batch of journal.readEntries()) all.push(...batch);
      return all;
    };

    test('what was recorded is read back, each in its kind', async () => {
      const family = tokenDigest('F'.repeat(43));
      const written = [ended(), { kind: 'tokens', userId: ada, sessionId: sessionId(randomUUID()), family } as const];
      await journal.record(written);
      expect(await entries()).toEqual(expect.arrayContaining(written));
      expect(await entries()).toHaveLength(2);
    });

    test('the latest entry of a session counts, and a session takes one row', async () => {
      const over = ended();
      const { sessionId: id } = { sessionId: sessionId(randomUUID()), ...over };
      await journal.record([{ kind: 'tokens', userId: ada, sessionId: id, family: tokenDigest('F'.repeat(43)) }]);
      await Promise.all(Array.from({ length: 5 }, () => journal.record([over])));
      expect(await entries()).toEqual([over]);
    });

    test('the entry of a changed account holds what the account is now', async () => {
      const accounts = sqlAccountStore(database);
      const user = await createAccount(accounts);
      await accounts.change(user.id, () => ({ role: 'MODERATOR' }));
      await journal.record([{ kind: 'account', userId: user.id }]);
      await accounts.change(user.id, () => ({ disabledAt: 1 }));
      const account = { version: 3, role: 'MODERATOR', disabled: true, sessionsFrom: 3 };
      expect(await entries()).toEqual([{ kind: 'account', userId: user.id, account }]);
    });

    test('the entry of a deleted account says so', async () => {
      await journal.record([{ kind: 'account', userId: ada }]);
      expect(await entries()).toEqual([{ kind: 'account', userId: ada, account: null }]);
    });

    test('an empty list writes nothing, and thousands are read back whole, in batches', async () => {
      await journal.record([]);
      expect(await entries()).toEqual([]);
      const many = Array.from({ length: 2_345 }, () => ended());
      await journal.record(many);
      const ids = (all: readonly { readonly kind: string }[]) => all.map((one) => JSON.stringify(one)).sort();
      expect(ids(await entries())).toEqual(ids(many));
    });

    test('many that end the same sessions at once, in whatever order, wait for each other and all succeed', async () => {
      const many = Array.from({ length: 50 }, () => ended());
      await Promise.all(Array.from({ length: 8 }, (_, turn) => journal.record(turn % 2 ? many : many.toReversed())));
      expect(await entries()).toHaveLength(50);
    });

    test('an expired entry is neither read nor kept, and one purge removes no more than its limit', async () => {
      await journal.record([ended(), ended(), ended()]);
      now += keepMs - 1;
      await journal.record([ended()]);
      expect(await entries()).toHaveLength(4);
      now += 1;
      expect(await entries()).toHaveLength(1);
      expect(await journal.purgeExpired(2, now)).toBe(2);
      expect(await journal.purgeExpired(2, now)).toBe(1);
      expect(await journal.purgeExpired(2, now)).toBe(0);
      expect(await entries()).toHaveLength(1);
    });
  });
});
