import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ownPostgres, type PostgresServer, postgresProgramsMissing } from '../support/postgres-servers.ts';
import { freePort, spawnServer, temporaryFolder } from '../support/process.ts';
import { type RedisServer, redisMissing, redisServer } from '../support/redis-servers.ts';

vi.setConfig({ testTimeout: 60_000 });

const noRedis = await redisMissing();
const secret = 'p4ssw0rd-nobody-may-see';
const isRoot = process.getuid?.() === 0;

/** What came out, how it ended, and how long it took. */
const startAndFail = async (env: Record<string, string>, user?: number) => {
  const startedAt = performance.now();
  const given = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()), ...env };
  const server = spawnServer(given, user === undefined ? {} : { uid: user, gid: user });
  const { code } = await server.exit;
  return { code, output: server.output(), tookMs: performance.now() - startedAt };
};

/** The slowest takes 4 s on an idle machine. Beside other tests all take several times as long; what hangs takes for ever. */
const longestMs = 25_000;

/** One sentence, on standard error, that names a setting, never a password, without a stack. */
const expectRefusal = (
  { code, output, tookMs }: Awaited<ReturnType<typeof startAndFail>>,
  ...words: readonly RegExp[]
): void => {
  for (const word of words) expect(output).toMatch(word);
  expect(output).not.toContain(secret);
  expect(output).not.toMatch(/\n\s+at |unexpected error/);
  expect(code).toBe(1);
  expect(tookMs).toBeLessThan(longestMs);
};

/** A server that treats every connection in its own way. */
const listener = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

const silent = () => listener(() => {});
const web = () => listener((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
const closing = () => listener((socket) => socket.destroy());

describe('the data directory', () => {
  const file = (): string => {
    const path = join(temporaryFolder(), 'data');
    writeFileSync(path, '');
    return path;
  };
  const with_ = (name: string, make: (path: string) => void): string => {
    const folder = temporaryFolder();
    make(join(folder, name));
    return folder;
  };

  it.each([
    ['is a file', file, /is a file/],
    ['is below a file', () => join(file(), 'below'), /is a file, or below one/],
    ['is under /proc', () => '/proc/fieldgate/data', /cannot be (?:created|read and written)/],
    ['is on a read-only file system', () => '/sys/fieldgate', /DATA_DIR: \/sys\/fieldgate/],
    [
      'has a directory in place of the database',
      () => with_('fieldgate.sqlite', (path) => mkdirSync(path)),
      /is a directory/,
    ],
    [
      'has another file in place of the database',
      () => with_('fieldgate.sqlite', (path) => writeFileSync(path, 'x'.repeat(4096))),
      /is not a SQLite database/,
    ],
    [
      'has a database with tables of another application',
      () =>
        with_('fieldgate.sqlite', (path) => {
          const database = new DatabaseSync(path);
          database.exec('CREATE TABLE users (name TEXT)');
          database.close();
        }),
      /another application/,
    ],
  ])('%s', async (_what, directory, words) => {
    expectRefusal(await startAndFail({ DATA_DIR: directory() }), /DATA_DIR/, words);
  });

  it.runIf(isRoot)('belongs to another user', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    expectRefusal(
      await startAndFail({ DATA_DIR: folder }, 65_534),
      /DATA_DIR/,
      /belongs to user 0, this is user 65534/,
    );
  });

  it.runIf(isRoot)('has a database of another user', async () => {
    const folder = temporaryFolder();
    chownSync(folder, 65_534, 65_534);
    writeFileSync(join(folder, 'fieldgate.sqlite'), '', { mode: 0o600 });
    writeFileSync(join(folder, 'signing-keys.json'), '', { mode: 0o600 });
    expectRefusal(await startAndFail({ DATA_DIR: folder }, 65_534), /belongs to user 0/);
    const keys = { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'f8Zk2Qm9Xv4Lr7Tn1Wc6Yb3Hd5Js0PgA' };
    expectRefusal(await startAndFail({ DATA_DIR: folder, ...keys }, 65_534), /DATA_DIR/, /belongs to user 0/);
  });

  it('was used by a newer version', async () => {
    const folder = temporaryFolder();
    const first = spawnServer({ DATA_DIR: folder, PORT: '0' });
    await expect.poll(first.output, { timeout: 30_000 }).toContain('listening');
    first.child.kill('SIGTERM');
    await first.exit;
    const database = new DatabaseSync(join(folder, 'fieldgate.sqlite'));
    database.exec("INSERT INTO fieldgate_migration VALUES ('9999-of-next-year', '2030-01-01T00:00:00Z')");
    database.close();
    expectRefusal(await startAndFail({ DATA_DIR: folder }), /newer version/, /9999-of-next-year/);
  });
});

describe('files and ports', () => {
  it.each([
    [
      'a key file that is not there',
      { JWT_KEYS: './keys.json' },
      /JWT_KEYS: there is no such file \(\/.*\/keys\.json\)/,
    ],
    ['a key in place of its file', { JWT_KEYS: 'c2VjcmV0' }, /JWT_KEYS: there is no such file from \//],
    ['a key file that is a directory', { JWT_KEYS: '/tmp' }, /JWT_KEYS: this is a directory/],
    [
      'a certificate that is not there',
      { TLS_CERT: './cert.pem', TLS_KEY: './key.pem' },
      /TLS_CERT: .*\/cert\.pem.*ENOENT/,
    ],
    ['a host of another machine', { HOST: '192.0.2.1' }, /HOST 192\.0\.2\.1 is not an address of this machine/],
    ['a host that does not exist', { HOST: 'nowhere.invalid' }, /HOST nowhere\.invalid/],
  ])('%s', async (_what, env, words) => {
    expectRefusal(await startAndFail(env), words);
  });

  it.each(['PORT', 'METRICS_PORT'])('a %s that is taken', async (setting) => {
    const env = { [setting]: String(await silent()) };
    expectRefusal(await startAndFail(env), /is in use/, new RegExp(`choose another ${setting}\\.`));
  });

  it.runIf(isRoot)(
    'a port that this user may not listen on',
    async () => {
      const folder = temporaryFolder();
      chownSync(folder, 65_534, 65_534);
      const refused = await startAndFail({ DATA_DIR: folder, PORT: '81' }, 65_534);
      // Some systems let everybody listen on every port.
      if (!refused.output.includes('listening')) expectRefusal(refused, /no permission to listen/, /PORT/);
    },
    15_000,
  );
});

describe.skipIf(postgresProgramsMissing !== null)('PostgreSQL', () => {
  let server: PostgresServer;
  let trusting: PostgresServer;
  beforeAll(async () => {
    [server, trusting] = await Promise.all([ownPostgres(secret), ownPostgres(secret, 'trust')]);
  }, 60_000);
  afterAll(async () => void (await Promise.all([server?.drop(), trusting?.drop()])));
  const refused = async (url: string, ...words: readonly RegExp[]) =>
    expectRefusal(await startAndFail({ DATABASE_URL: url }), /DATABASE_URL/, ...words);
  const at = (port: number, host = '127.0.0.1') => `postgres://keeper:${secret}@${host}:${port}/postgres`;

  it('rejects the password', () =>
    refused(server.url('postgres', `keeper:${secret}x`), /rejects the user or the password/));
  it('asks for a password that is not given', () => refused(server.url('postgres', 'keeper'), /asks for a password/));
  it('has no such role', () => refused(trusting.url('postgres', `nobody:${secret}`), /has no such role/));
  it('has no such database', () => refused(server.url('missing'), /has no such database/));
  it('is not at this port', async () => refused(at(await freePort()), /nothing listens there/));
  it('is not at this host', () => refused(at(5432, 'nowhere.invalid'), /no such host/));
  it('offers no TLS', () => refused(`${server.url()}?sslmode=verify-full`, /offers no TLS/));
  it('does not answer', async () => refused(at(await silent()), /no answer in time/));
  it('is a web server', async () => refused(at(await web()), /does not answer as PostgreSQL does/));
  it('closes every connection', async () => refused(at(await closing()), /does not answer as PostgreSQL does/));
  it('is frozen', async () => {
    server.signal('SIGSTOP');
    await refused(server.url(), /no answer in time/).finally(() => server.signal('SIGCONT'));
  });

  it('has tables of another application', async () => {
    await server.run('create database shop');
    const { asAdministrator } = await import('../support/databases.ts');
    await asAdministrator('create table users (name text)', server.url('shop'));
    await refused(server.url('shop'), /another application/);
  });

  it('does not let the role create tables', async () => {
    await server.run(`create role reader login password '${secret}'`);
    await server.run('revoke create on schema public from public');
    await refused(server.url('postgres', `reader:${secret}`), /does not let the user of DATABASE_URL create tables/);
  });

  it('was used by a newer version', async () => {
    await server.run('create database future');
    const { asAdministrator } = await import('../support/databases.ts');
    const first = spawnServer({ DATA_DIR: temporaryFolder(), PORT: '0', DATABASE_URL: server.url('future') });
    await expect.poll(first.output, { timeout: 30_000 }).toContain('listening');
    first.child.kill('SIGTERM');
    await first.exit;
    await asAdministrator("insert into fieldgate_migration values ('9999-next', '2030')", server.url('future'));
    expectRefusal(await startAndFail({ DATABASE_URL: server.url('future') }), /newer version/, /9999-next/);
  });
});

describe.skipIf(noRedis !== null)('Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await redisServer(['--databases', '4']);
    await server.admin.call('ACL', 'SETUSER', 'app', 'on', `>${secret}`, '~*', '&*', '+@all');
    await server.admin.call('ACL', 'SETUSER', 'weak', 'on', `>${secret}`, '~*', '&*', '+@all', '-select');
  });
  afterAll(async () => server?.drop());
  const refused = async (url: string, ...words: readonly RegExp[]) =>
    expectRefusal(await startAndFail({ REDIS_URL: url }), /REDIS_URL/, ...words);
  const at = (port: number, rest = '', host = '127.0.0.1') => `redis://app:${secret}@${host}:${port}${rest}`;

  it('rejects the password', () =>
    refused(`redis://app:${secret}x@127.0.0.1:${server.port}`, /rejects the user or the password/));
  it('does not have the database', () => refused(at(server.port, '/99'), /does not have the database number/));
  it('does not let the user select the database', () =>
    refused(`redis://weak:${secret}@127.0.0.1:${server.port}/2`, /does not permit/));
  it('is not at this port', async () => refused(at(await freePort()), /nothing listens there/));
  it('is not at this host', () => refused(at(6379, '', 'nowhere.invalid'), /no such host/));
  it('does not answer', async () => refused(at(await silent()), /no answer in time/));
  it('is a web server', async () => refused(at(await web()), /does not answer as Redis does/));
  it('closes every connection', async () => refused(at(await closing()), /closes every connection/));
  it('speaks no TLS', () =>
    refused(at(server.port).replace('redis:', 'rediss:'), /that it speaks TLS there|does not speak TLS/));
  it('is a sentinel that knows no such master', () =>
    refused(`redis+sentinel://127.0.0.1:${server.port}/main`, /Redis at 127\.0\.0\.1/));
});
