import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asAdministrator } from './databases.ts';
import { freePort } from './process.ts';

/** PostgreSQL's programs: in the path, or where Debian keeps them. */
const folder = [
  ...(process.env['PATH'] ?? '').split(':'),
  ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
].find((bin) => existsSync(join(bin, 'initdb')));

/**
 * Why tests that start PostgreSQL servers of their own cannot run here, or null if they can. Where backends are required,
 * what is missing fails.
 */
export const postgresProgramsMissing =
  folder === undefined && process.env['REQUIRE_BACKENDS'] !== '1'
    ? 'no PostgreSQL programs to start a server with'
    : null;

export type PostgresServer = {
  readonly port: number;
  readonly user: string;
  /** The URL of a database there, with a user and a password. */
  readonly url: (database?: string, credentials?: string) => string;
  readonly run: (statement: string) => Promise<readonly object[]>;
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** SIGKILL, to all its processes. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly drop: () => Promise<void>;
};

/** It refuses to run as root. */
const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A PostgreSQL server on a port and in a folder of its own, which demands this password. */
export const ownPostgres = async (password: string, auth = 'scram-sha-256'): Promise<PostgresServer> => {
  const [port, data, user] = [await freePort(), mkdtempSync(join(tmpdir(), 'fieldgate-postgres-')), 'keeper'];
  if (unprivileged.uid) chownSync(data, unprivileged.uid, unprivileged.gid);
  const program = (name: string): string => join(folder ?? '', name);
  const passwordFile = join(tmpdir(), `fieldgate-postgres-${port}.password`);
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const flags = ['-D', data, '-U', user, `--pwfile=${passwordFile}`, `--auth=${auth}`, '--no-sync', '-E', 'UTF8'];
  await promisify(execFile)(program('initdb'), flags, { ...unprivileged, cwd: data, env: { PATH: folder } });
  rmSync(passwordFile);

  let child: ChildProcess | undefined;
  const url = (database = 'postgres', credentials = `${user}:${encodeURIComponent(password)}`): string =>
    `postgres://${credentials}@127.0.0.1:${port}/${database}`;
  const run = (statement: string) => asAdministrator(statement, url());
  const start = async (): Promise<void> => {
    const settings = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', data, '-c', 'fsync=off'];
    child = spawn(program('postgres'), settings, { ...unprivileged, cwd: data, stdio: 'ignore', detached: true });
    for (let tries = 0; tries < 400; tries += 1) {
      if (await run('select 1').catch(() => null)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('PostgreSQL did not start.');
  };
  const toGroup = (name: NodeJS.Signals): void => {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, name);
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    toGroup('SIGKILL');
    await gone;
  };
  await start();
  return {
    ...{ port, user, url, run, start, kill },
    signal: (name) => child?.kill(name),
    drop: async () => {
      await kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
};
