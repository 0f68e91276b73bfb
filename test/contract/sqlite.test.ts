import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, type KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKeyId, sessionId, tokenDigest, userId } from '../../src/domain/ids.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { openSqlite } from '../../src/stores/sql/sqlite.ts';
import { sqliteFile } from '../support/databases.ts';

const lifetimes = { idleMs: 1_000, absoluteMs: 5_000, reuseWindowMs: 100 };
const clock = () => 1_000;

describe('SQLite', () => {
  let file: ReturnType<typeof sqliteFile>;
  let database: SqlDatabase;
  beforeEach(async () => {
    file = sqliteFile();
    database = file.connect();
    await database.migrate();
  });
  afterEach(() => file.drop());

  const run = async (sql: string, ...parameters: unknown[]) =>
    (await database.kysely.executeQuery<Record<string, unknown>>(CompiledQuery.raw(sql, parameters))).rows;

  test('a check answers at once, without a promise', () => {
    const store = sqlSessionStore(database, { lifetimes, clock });
    expect(store.check(userId('nobody'), sessionId('none'))).toEqual({ kind: 'ended' });
  });

  test('what it acknowledges is on the disk, and references hold', async () => {
    expect(await run('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await run('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
    expect(await run('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });

  test.each([
    ['true', true],
    ['a date', new Date(0)],
    ['undefined', undefined],
    ['an object', { secret: 'do not print' }],
    ['a list', ['do not print']],
    ['a text with U+0000', 'do not print\0'],
  ])('%s is refused as a parameter, in words that do not repeat it', async (_, value) => {
    const refusal = await run('SELECT ?', value).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TypeError);
    expect(String(refusal)).toMatch(/SQL parameter 1/);
    expect(String(refusal)).not.toContain('do not print');
  });

  test('text, numbers, null and bytes come back as they went in', async () => {
    expect(await run('SELECT ? AS a, ? AS b, ? AS c, ? AS d', 'ä', 1.5, null, new Uint8Array([1, 2]))).toEqual([
      { a: 'ä', b: 1.5, c: null, d: new Uint8Array([1, 2]) },
    ]);
  });

  test('statements of any number of shapes can be used one after the other, and again', async () => {
    const accounts = sqlAccountStore(database);
    for (let round = 0; round < 2; round += 1) {
      for (let length = 1; length <= 150; length += 1) {
        expect(await accounts.findByIds(Array.from({ length }, (_, id) => userId(`${id}`)))).toHaveLength(length);
      }
    }
  });

  test('a write that waits too long for another process is unavailable, and works once that is done', async () => {
    const impatient = openSqlite({ file: file.file, busyTimeoutMs: 50 });
    const store = sqlSessionStore(impatient, { lifetimes, clock });
    const other = new DatabaseSync(file.file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.endAll(userId('ada'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(store.check(userId('ada'), sessionId('none'))).toEqual({ kind: 'ended' });
    other.exec('COMMIT');
    expect(await store.endAll(userId('ada'))).toBe(0);
    other.close();
    await impatient.close();
  });

  test('a transaction takes its turn at once, so that what it read still holds when it writes', async () => {
    const impatient = openSqlite({ file: file.file, busyTimeoutMs: 50 });
    await database.kysely.transaction().execute(async () => {
      const second = impatient.kysely.transaction().execute(async () => {});
      await expect(second).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    });
    await impatient.close();
  });

  test('a closed database is unavailable', async () => {
    const store = sqlSessionStore(database, { lifetimes, clock });
    await database.close();
    await database.close();
    await expect(database.ping()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(() => store.check(userId('ada'), sessionId('none'))).toThrow(
      expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }),
    );
  });

  test('no statement of the stores reads a whole table, but for the search through all accounts', async () => {
    const statements = await recordEveryStatement(database);
    expect(statements.size).toBeGreaterThan(15);
    const scans: string[] = [];
    for (const [sql, parameters] of statements) {
      const plan = (await run(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)).map(({ detail }) => String(detail));
      // A page of accounts walks its index in order and stops when it is full.
      const isPage = plan.every((step) => step === 'SCAN users USING INDEX users_page');
      if (!isPage && plan.some((step) => /SCAN|TEMP B-TREE/.test(step))) scans.push(`${sql}: ${plan.join('; ')}`);
    }
    expect(scans).toEqual([]);
  });
});

/** Calls every method of the stores, along every branch, and returns the SQL that ran with its parameters. */
async function recordEveryStatement(database: SqlDatabase): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const statements = new Map<string, readonly unknown[]>();
  const executor = database.kysely.getExecutor();
  const recorder: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      const { sql, parameters } = executor.compileQuery(node, queryId);
      statements.set(sql, parameters);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const recorded: SqlDatabase = {
    ...database,
    kysely: database.kysely.withPlugin(recorder),
    prepareRead: (query) => (parameters) => {
      statements.set(query.sql, parameters);
      return database.prepareRead(query)(parameters);
    },
  };
  const accounts = sqlAccountStore(recorded);
  const sessions = sqlSessionStore(recorded, { lifetimes, clock });

  const id = userId(randomUUID());
  const ada = { id, email: 'ada@example.com', name: 'Ada', role: 'USER', passwordHash: 'hash', createdAt: 1 } as const;
  await accounts.create(ada);
  await accounts.findById(id);
  await accounts.findByIds([id, userId('nobody')]);
  await accounts.findByEmail(ada.email);
  await accounts.findHashById(id);
  await accounts.list({ first: 10 });
  await accounts.list({ first: 10, after: ada });
  await accounts.list({ first: 10, after: ada, search: 'ada' });
  await accounts.rehash(id, 'hash', 'newer');
  await accounts.changePassword(id, 'newer', 'other');
  await accounts.setRole(id, 'ADMIN');
  await accounts.setDisabled(id, 1);
  await accounts.setDisabled(id, null);

  const session = sessionId(randomUUID());
  const digests = { family: tokenDigest('family'), token: tokenDigest('token') };
  const origin = { ip: null, userAgent: null };
  await sessions.start({ id: session, userId: id, version: 5, role: 'ADMIN', digests, origin });
  await sessions.check(id, session);
  await sessions.list(id);
  await sessions.isFamily(id, session, digests.family);
  const successor = { successor: tokenDigest('2'), successorNonce: 'nonce' };
  const use = { userId: id, sessionId: session, ...successor, origin, version: 5, role: 'ADMIN' } as const;
  await sessions.rotate({ ...use, digests: { ...digests, token: tokenDigest('spent') } });
  await sessions.reissue(id, session, digests);
  await sessions.end(id, session);
  await sessions.endAll(id);
  await sessions.endAll(id, session);
  await sessions.purgeExpired(10);

  const apiKeys = sqlApiKeyStore(recorded);
  const key = apiKeyId(randomUUID());
  const terms = { name: 'x', scopes: [], createdAt: 1, expiresAt: 2 };
  await apiKeys.create({ id: key, userId: id, digest: tokenDigest('key'), ...terms });
  await apiKeys.find(key);
  await apiKeys.list(id);
  await apiKeys.recordUse(key, 2, 1);
  await apiKeys.revoke(id, key, 3);

  const journal = sqlRevocationJournal(recorded, { clock });
  await journal.record([{ kind: 'session', userId: id, sessionId: session }]);
  await journal.purgeExpired(10);
  return statements;
}
