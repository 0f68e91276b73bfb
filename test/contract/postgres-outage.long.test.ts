import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { sessionId, userId } from '@fieldgate/guard';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { openPostgres } from '../../src/stores/sql/postgres.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { asAdministrator, postgresMissing, postgresServer } from '../support/databases.ts';
import { allOf } from '../support/pages.ts';

const missing = await postgresMissing();
const unavailable = { code: 'SERVICE_UNAVAILABLE', details: { retryAfter: 1 } };

/** Returns the outcome of some work and how long it took. */
async function timed(work: () => Promise<unknown>): Promise<{ readonly outcome: unknown; readonly ms: number }> {
  const begun = performance.now();
  const outcome = await work().catch((error: unknown) => error);
  return { outcome, ms: performance.now() - begun };
}

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** A proxy to the server that can hold traffic without closing connections. */
async function breakableLine(target: string) {
  const { hostname, port } = new URL(target);
  let held = false;
  const ends: Socket[] = [];
  const listener = createServer((near) => {
    const far = connect(Number(port === '' ? 5432 : port), hostname);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      ends.push(from);
      from.on('data', (data) => held || to.write(data));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  const url = new URL(target);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
    },
    close: async () => {
      for (const end of ends) end.destroy();
      listener.close();
    },
  };
}

describe('a PostgreSQL server that cannot be reached', () => {
  test('a server that refuses connections is unavailable at once', async () => {
    const database = openPostgres({ url: 'postgres://root@127.0.0.1:1/test' });
    const { outcome, ms } = await timed(database.ping);
    expect(outcome).toMatchObject(unavailable);
    expect(ms).toBeLessThan(500);
    await database.close();
  });

  test('a server that never answers is unavailable within about a second, for every caller in the queue', async () => {
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('No port.');
    const database = openPostgres({ url: `postgres://root@127.0.0.1:${address.port}/test`, maxConnections: 2 });
    const calls = await Promise.all(Array.from({ length: 10 }, () => timed(database.ping)));
    for (const { outcome, ms } of calls) {
      expect(outcome).toMatchObject(unavailable);
      expect(ms).toBeLessThan(1_500);
    }
    await database.close();
    silent.close();
  });

  test('the cause is kept for the log and is not in the message', async () => {
    const database = openPostgres({ url: 'postgres://root:hunter2@127.0.0.1:1/test' });
    const { outcome } = await timed(database.ping);
    expect(outcome).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect(String(outcome)).not.toMatch(/127|hunter2|REFUSED/);
    await database.close();
  });
});

describe.skipIf(missing !== null)('a PostgreSQL server that fails', () => {
  let server: Awaited<ReturnType<typeof postgresServer>>;
  let database: SqlDatabase;
  beforeAll(async () => {
    server = await postgresServer();
    database = server.connect();
    await database.migrate();
  });
  afterAll(() => server.drop());

  const terminateAll = () =>
    asAdministrator(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      server.url,
    );

  test('F14: when an administrator ends every idle connection, the next call gets a new one', async () => {
    await Promise.all(Array.from({ length: 10 }, database.ping));
    await terminateAll();
    await pause(100);
    await Promise.all(Array.from({ length: 10 }, database.ping));
  });

  test('F14: when an administrator ends a connection in use, its caller gets an error and the pool works at once', async () => {
    const sleeping = timed(() => sql`select pg_sleep(0.9)`.execute(database.kysely));
    await pause(200);
    await terminateAll();
    expect((await sleeping).outcome).toMatchObject(unavailable);
    // Each connection that died unnoticed may fail one call; no call is retried.
    await expect.poll(() => database.ping().then(() => 'answers'), { timeout: 1_000 }).toBe('answers');
    await Promise.all(Array.from({ length: 10 }, database.ping));
  });

  test('F14: a connection that dies between two statements ends neither the process nor the pool', async () => {
    const holding = database.kysely.connection().execute(() => pause(300));
    await pause(100);
    await terminateAll();
    await holding;
    await expect.poll(() => database.ping().then(() => 'answers'), { timeout: 1_000 }).toBe('answers');
  });

  test('F14: a server that falls silent during a statement is unavailable within about a second, and recovers', async () => {
    const line = await breakableLine(server.url);
    const behind = openPostgres({ url: line.url, maxConnections: 1 });
    await behind.ping();
    line.hold();
    const { outcome, ms } = await timed(behind.ping);
    expect(outcome).toMatchObject(unavailable);
    expect(ms).toBeLessThan(1_500);
    line.release();
    expect((await timed(behind.ping)).outcome).toBeUndefined();
    await behind.close();
    await line.close();
  });

  test('F15: callers that find the pool exhausted get an error within about a second, and it recovers', async () => {
    const small = openPostgres({ url: server.url, maxConnections: 2 });
    const held = Array.from({ length: 2 }, () => small.kysely.connection().execute(() => pause(1_500)));
    await pause(200);
    for (const { outcome, ms } of await Promise.all(Array.from({ length: 20 }, () => timed(small.ping)))) {
      expect(outcome).toMatchObject(unavailable);
      expect(ms).toBeLessThan(1_200);
    }
    await Promise.all(held);
    await small.ping();
    await small.close();
  });

  test('F15: 200 slow statements at once all end within about a second, and the pool recovers', async () => {
    const slow = Array.from({ length: 200 }, () => timed(() => sql`select pg_sleep(5)`.execute(database.kysely)));
    for (const { outcome, ms } of await Promise.all(slow)) {
      expect(outcome).toMatchObject(unavailable);
      expect(ms).toBeLessThan(2_000);
    }
    await database.ping();
  });

  test('a change of a locked row is unavailable within about a second, and does not happen later', async () => {
    const id = userId('held');
    const accounts = sqlAccountStore(database);
    const held = {
      id,
      email: 'held@example.com',
      name: 'Held',
      role: 'USER',
      passwordHash: 'hash',
      createdAt: 1,
    } as const;
    await accounts.create(held);
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; select from users where id = 'held' for update`);
    const { outcome, ms } = await timed(() => accounts.change(id, () => ({ role: 'ADMIN' })));
    expect(outcome).toMatchObject(unavailable);
    expect(ms).toBeLessThan(1_500);
    await holder.query('rollback');
    await holder.end();
    expect(await accounts.findById(id)).toMatchObject({ role: 'USER', version: 1 });
  });

  test('a closed pool is unavailable, for ping as well', async () => {
    const closed = openPostgres({ url: server.url });
    const sessions = sqlSessionStore(closed, {
      lifetimes: { idleMs: 1, absoluteMs: 1, reuseWindowMs: 0 },
      clock: () => 0,
    });
    await closed.close();
    await closed.close();
    await expect(sessions.check(userId('ada'), sessionId('none'))).rejects.toMatchObject(unavailable);
    await expect(allOf(sessions, userId('ada'))).rejects.toMatchObject(unavailable);
  });

  test('a programming error is not reported as an outage', async () => {
    await expect(sql`select * from no_such_table`.execute(database.kysely)).rejects.toMatchObject({ code: '42P01' });
  });
});
