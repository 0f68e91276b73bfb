import type { Redis } from 'ioredis';
import type { RedisTarget } from '../../domain/settings/redis-target.ts';
import type { ServerCheck } from '../backend.ts';
import { redisProblem } from './redis-problem.ts';

type ServerCheckDeps = {
  readonly target: RedisTarget;
  readonly isUp: () => boolean;
  readonly masters: () => readonly Redis[];
  readonly lastError: () => Error | null;
};

const timeoutMs = 1_500;
const oldest = { major: 6, minor: 2 };

/** Checks every server that holds data. Never rejects; reports each finding once. */
export const checkRedisServer = async (deps: ServerCheckDeps): Promise<ServerCheck> => {
  if (!(await isReached(deps))) return { problems: [unreachable(deps)], warnings: [] };
  const checks = await Promise.all(deps.masters().map((server) => checkOne(server, deps)));
  return {
    problems: [...new Set(checks.flatMap(({ problems }) => problems))],
    warnings: [...new Set(checks.flatMap(({ warnings }) => warnings))],
  };
};

const isReached = async ({ isUp, masters }: ServerCheckDeps): Promise<boolean> => {
  const pauseMs = 25;
  const isReady = () => isUp() && masters().length > 0 && masters().every(({ status }) => status === 'ready');
  for (let waited = 0; !isReady(); waited += pauseMs) {
    if (waited >= timeoutMs) return false;
    await new Promise((resume) => setTimeout(resume, pauseMs));
  }
  return true;
};

const unreachable = ({ target, lastError }: ServerCheckDeps): string => redisProblem(lastError(), target);

const checkOne = async (server: Redis, deps: ServerCheckDeps): Promise<ServerCheck> => {
  const [info, settings] = await Promise.all([readInfo(server), readSettings(server)]);
  if (info === null) {
    const error = await server.info().then(deps.lastError, (reason: Error) => reason);
    return { problems: [redisProblem(error, deps.target)], warnings: [] };
  }
  return { problems: problemsOf(info, settings), warnings: warningsOf(info, settings) };
};

type InfoFields = ReadonlyMap<string, string>;

const problemsOf = (info: InfoFields, settings: InfoFields | null): readonly string[] => {
  const problems: string[] = [];
  const version = info.get('redis_version') ?? '';
  if (!isRecent(version)) problems.push(`Redis ${version} is too old; 6.2 or newer is needed.`);
  // Where CONFIG is forbidden, INFO has it too.
  const policy = settings?.get('maxmemory-policy') ?? info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(
      `Redis has maxmemory-policy ${policy}: when memory runs short it would evict revocations. Set it to noeviction.`,
    );
  }
  return problems;
};

const warningsOf = (info: InfoFields, settings: InfoFields | null): readonly string[] => {
  const warnings: string[] = [];
  if (settings === null) {
    warnings.push(
      'Redis does not let its configuration be read; make sure that it has maxmemory-policy noeviction and appendonly yes.',
    );
  }
  const hasLog = info.get('aof_enabled') === '1';
  const hasSnapshots = settings !== null && settings.get('save') !== '';
  if (!hasLog && settings !== null) {
    warnings.push(
      hasSnapshots
        ? 'Redis keeps snapshots only: a crash loses the sign-ins and refreshes since the last one. Set appendonly yes.'
        : 'Redis keeps nothing on disk: a restart signs everybody out. Set appendonly yes.',
    );
  }
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (replicas > 0 && settings?.get('min-replicas-to-write') === '0') {
    warnings.push(
      'Redis has replicas and min-replicas-to-write 0: a master that is cut off keeps answering while a replica is promoted. Set it to 1.',
    );
  }
  return warnings;
};

const isRecent = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
};

/** The fields of INFO. Null if the server does not answer. */
export const readInfo = async (server: Redis): Promise<InfoFields | null> => {
  const text = await server.info().catch(() => null);
  return text === null ? null : new Map(text.split('\r\n').map((line) => split(line)));
};

const split = (line: string): [string, string] => {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1)];
};

/** Null where CONFIG is forbidden or renamed, which is common in hosted Redis. */
const readSettings = async (server: Redis): Promise<InfoFields | null> => {
  const read = async (name: string): Promise<[string, string]> => {
    const reply = await server.config('GET', name);
    if (!Array.isArray(reply) || typeof reply[1] !== 'string') throw new Error('no such setting');
    return [name, reply[1]];
  };
  try {
    return new Map(await Promise.all(['maxmemory-policy', 'save', 'min-replicas-to-write'].map(read)));
  } catch {
    return null;
  }
};
