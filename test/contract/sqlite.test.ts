import { DatabaseSync } from 'node:sqlite';
import { sessionId, userId } from '@fieldgate/guard';
import { CompiledQuery } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noClient } from '../../src/domain/client.ts';
import { tokenDigest } from '../../src/domain/ids.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
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

  describe('a cached read', () => {
    const ada = { id: 'ada', email: 'ada', name: '', search_text: '', password_hash: '', role: 'USER', created_at: 1 };
    const setUp = async () => {
      await database.kysely
        .insertInto('users')
        .values({ ...ada, disabled_at: null, version: 1, sessions_from: 0 })
        .execute();
      const read = database.prepareCachedRead(
        database.kysely.selectFrom('users').select('version').where('id', '=', '').compile(),
        ({ version }) => version,
      );
      return { read, version: () => read(['ada']) };
    };

    test('a cached read sees every write of another process', async () => {
      const { version } = await setUp();
      const other = new DatabaseSync(file.file);
      const write = other.prepare(`UPDATE users SET version = ? WHERE id = 'ada'`);
      for (let round = 2; round < 300; round += 1) {
        write.run(round);
        expect([await version(), await version()]).toEqual([round, round]);
      }
      other.prepare(`DELETE FROM users`).run();
      expect(await version()).toBeUndefined();
      other.close();
    });

    test.each(['prepareWrite', 'prepareRelaxedWrite'] as const)(
      'a cached read sees a %s of this process',
      async (kind) => {
        const { version } = await setUp();
        const write = database[kind](database.kysely.updateTable('users').set({ version: 0 }).compile());
        for (let round = 2; round < 100; round += 1) {
          await write([round]);
          expect([await version(), await version()]).toEqual([round, round]);
        }
      },
    );

    test('a cached read returns the same value for a row until the file is written to', async () => {
      const { kysely, prepareCachedRead } = database;
      await setUp();
      const mapped: number[] = [];
      const read = prepareCachedRead(
        kysely.selectFrom('users').select('version').where('id', '=', '').compile(),
        (row) => {
          mapped.push(row.version);
          return { version: row.version };
        },
      );
      const first = await read(['ada']);
      expect(await Promise.all([read(['ada']), read(['ada']), read(['nobody'])])).toEqual([first, first, undefined]);
      expect(await read(['ada'])).toBe(first);
      await kysely.updateTable('users').set({ version: 2 }).execute();
      expect(await read(['ada'])).toEqual({ version: 2 });
      expect(mapped).toEqual([1, 2]);
    });

    test('a cached read fails alone where its row cannot be mapped, each time', async () => {
      const { read } = await setUp();
      const failing = database.prepareCachedRead(
        database.kysely.selectFrom('users').select('id').where('id', '=', '').compile(),
        ({ id }) => {
          throw new Error(`${id} cannot be mapped`);
        },
      );
      for (let round = 0; round < 2; round += 1) {
        const outcomes = await Promise.allSettled([failing(['ada']), read(['ada']), failing(['nobody'])]);
        expect(outcomes).toMatchObject([
          { status: 'rejected', reason: { message: 'ada cannot be mapped' } },
          { status: 'fulfilled', value: 1 },
          { status: 'fulfilled', value: undefined },
        ]);
      }
    });

    test('a cached read does not see uncommitted writes', async () => {
      const { version } = await setUp();
      await database.kysely.transaction().execute(async (transaction) => {
        await transaction.updateTable('users').set({ version: 2 }).execute();
        expect(await version()).toBe(1);
      });
      expect(await version()).toBe(2);
    });

    test('a cached read is right for any number of simultaneous reads', async () => {
      const { read } = await setUp();
      const ids = Array.from({ length: 11_000 }, (_, index) => `user ${index}`);
      await run('BEGIN');
      for (const id of ids) await run(`INSERT INTO users SELECT ?, ?, '', '', '', 'USER', 1, NULL, 7, 0`, id, id);
      await run('COMMIT');
      for (let round = 0; round < 2; round += 1) {
        const versions = await Promise.all([...ids, 'ada', 'nobody'].map((id) => read([id])));
        expect(versions).toEqual([...ids.map(() => 7), 1, undefined]);
      }
    });

    test('a cached read distinguishes parameter lists that concatenate to the same text', async () => {
      const { kysely } = database;
      const read = database.prepareCachedRead(
        { ...kysely.selectFrom('users').selectAll().compile(), sql: `SELECT ? || '|' || ? AS joined` },
        ({ joined }: { joined: string }) => joined,
      );
      const asked = [
        ['a', 'bc'],
        ['ab', 'c'],
        ['a,b', 'c'],
        ['', 'abc'],
      ];
      expect(await Promise.all(asked.map(read))).toEqual(asked.map((each) => each.join('|')));
      const [refused, answered] = await Promise.allSettled([read(['a\0b', 'c']), read(['d', 'e'])]);
      expect(refused).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('U+0000') } });
      expect(answered).toEqual({ status: 'fulfilled', value: 'd|e' });
    });
  });

  test('a cached session expires, even if nothing is written meanwhile', async () => {
    let now = 1_000;
    const store = sqlSessionStore(database, { lifetimes, clock: () => now });
    await run(`INSERT INTO users VALUES ('ada', 'ada', '', '', '', 'USER', 1, NULL, 1, 0)`);
    const [id, user] = [sessionId('one'), userId('ada')];
    const digests = { family: tokenDigest('f'), token: tokenDigest('t') };
    await store.start({ id, userId: user, version: 1, role: 'USER', sessionsFrom: 0, digests, client: noClient });
    expect(await store.check(user, id)).toMatchObject({ kind: 'live' });
    now += lifetimes.idleMs - 1;
    expect(await store.check(user, id)).toMatchObject({ kind: 'live' });
    now += 1;
    expect(await store.check(user, id)).toEqual({ kind: 'ended' });
  });

  test('acknowledged writes are on disk, and foreign keys are enforced', async () => {
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

  test('text, numbers, null and bytes are read as they were written', async () => {
    expect(await run('SELECT ? AS a, ? AS b, ? AS c, ? AS d', 'ä', 1.5, null, new Uint8Array([1, 2]))).toEqual([
      { a: 'ä', b: 1.5, c: null, d: new Uint8Array([1, 2]) },
    ]);
  });

  test('any number of different statements can be run, repeatedly', async () => {
    for (let round = 0; round < 2; round += 1) {
      for (let length = 1; length <= 150; length += 1) {
        const places = Array.from({ length }, () => '?').join(', ');
        const numbers = Array.from({ length }, (_, number) => number);
        const [row] = await run(`SELECT max(${places}, 0) AS greatest`, ...numbers);
        expect(row).toEqual({ greatest: length - 1 });
      }
    }
  });

  test('a write that waits too long for another process is unavailable, and works afterwards', async () => {
    const impatient = openSqlite({ file: file.file, busyTimeoutMs: 50 });
    const store = sqlSessionStore(impatient, { lifetimes, clock });
    const other = new DatabaseSync(file.file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.endAll(userId('ada'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await store.check(userId('ada'), sessionId('none'))).toEqual({ kind: 'ended' });
    other.exec('COMMIT');
    expect(await store.endAll(userId('ada'))).toBe(0);
    other.close();
    await impatient.close();
  });

  test('a transaction locks at its start, so that what it read still holds when it writes', async () => {
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
    await expect(store.check(userId('ada'), sessionId('none'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  type Prepare = SqlDatabase['prepareWrite'];
  const insertUser = ({ kysely, prepareWrite }: SqlDatabase, prepare: Prepare = prepareWrite) => {
    const user = { id: '', email: '', name: '', search_text: '', password_hash: '', role: 'USER', created_at: 1 };
    const all = { ...user, disabled_at: null, version: 1, sessions_from: 0 };
    const write = prepare(kysely.insertInto('users').values(all).returning('id').compile());
    return (id: string, email: string) => write([id, email, '', '', '', 'USER', 1, null, 1, 0]);
  };

  test('simultaneous writes fail one by one, and the acknowledged ones are stored', async () => {
    const insert = insertUser(database);
    const outcomes = await Promise.allSettled([insert('1', 'one'), insert('2', 'one'), insert('3', 'three')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const other = new DatabaseSync(file.file, { readOnly: true });
    expect(other.prepare('SELECT id FROM users ORDER BY id').all()).toMatchObject([{ id: '1' }, { id: '3' }]);
    other.close();
  });

  test('if a group commit fails, all its writes fail and none is stored', async () => {
    const impatient = openSqlite({ file: file.file, busyTimeoutMs: 50 });
    const insert = insertUser(impatient);
    const other = new DatabaseSync(file.file);
    other.exec('BEGIN IMMEDIATE');
    const outcomes = await Promise.allSettled([insert('1', 'one'), insert('2', 'two')]);
    const unavailable = { status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE' } };
    expect(outcomes).toMatchObject([unavailable, unavailable]);
    other.exec('COMMIT');
    other.close();
    expect(await run('SELECT id FROM users')).toEqual([]);
    expect(await insert('1', 'one')).toEqual({ id: '1' });
    await impatient.close();
  });

  test('a relaxed write is visible to every process when it resolves, and the next durable write is synced', async () => {
    const insert = insertUser(database, database.prepareRelaxedWrite);
    expect(await insert('1', 'one')).toEqual({ id: '1' });
    await expect(insert('2', 'one')).rejects.toThrow('UNIQUE');
    const other = new DatabaseSync(file.file, { readOnly: true });
    expect(other.prepare('SELECT id FROM users').all()).toMatchObject([{ id: '1' }]);
    other.close();
    expect(await run('PRAGMA synchronous')).toMatchObject([{ synchronous: 2 }]);
  });

  test.each(['prepareWrite', 'prepareRelaxedWrite'] as const)(
    '%s waits for a migration that is under way',
    async (kind) => {
      const insert = insertUser(database, database[kind]);
      const begun = database.kysely.transaction().execute(async (transaction) => {
        const inserted = insert('1', 'one');
        await new Promise((resume) => setTimeout(resume, 20));
        expect(await transaction.selectFrom('users').selectAll().execute()).toEqual([]);
        return { inserted };
      });
      expect(await (await begun).inserted).toEqual({ id: '1' });
    },
  );
});
