import type { Redis } from 'ioredis';
import type { RedisTarget } from '../../domain/settings/redis-target.ts';

/** In sentences. With a problem the server must not start; a warning is for whoever runs it. */
export type ServerCheck = { readonly problems: readonly string[]; readonly warnings: readonly string[] };

type Subject = {
  readonly target: RedisTarget;
  readonly isUp: () => boolean;
  readonly masters: () => readonly Redis[];
  readonly lastError: () => Error | null;
};

const patienceMs = 1_500;
const oldest = { major: 6, minor: 2 };

/** Looks at every server that holds data. Never rejects; says the same thing once. */
export const checkRedisServer = async (subject: Subject): Promise<ServerCheck> => {
  if (!(await isReached(subject))) return { problems: [unreachable(subject)], warnings: [] };
  const checks = await Promise.all(subject.masters().map((server) => checkOne(server, subject)));
  return {
    problems: [...new Set(checks.flatMap(({ problems }) => problems))],
    warnings: [...new Set(checks.flatMap(({ warnings }) => warnings))],
  };
};

const isReached = async ({ isUp, masters }: Subject): Promise<boolean> => {
  const pauseMs = 25;
  const isReady = () => isUp() && masters().length > 0 && masters().every(({ status }) => status === 'ready');
  for (let waited = 0; !isReady(); waited += pauseMs) {
    if (waited >= patienceMs) return false;
    await new Promise((resume) => setTimeout(resume, pauseMs));
  }
  return true;
};

const unreachable = ({ target, lastError }: Subject): string => {
  const where = `Redis at ${hostsOf(target)}`;
  const reason = lastError()?.message ?? '';
  if (/NOAUTH|WRONGPASS|invalid username-password|NOPERM/i.test(reason)) {
    return `${where} does not accept the user or password of REDIS_URL.`;
  }
  const code = /\b(E[A-Z]{4,})\b/.exec(reason)?.[1];
  return `${where} cannot be reached${code === undefined ? '' : ` (${code})`}. Check REDIS_URL, and that it is running.`;
};

const hostsOf = (target: RedisTarget): string => {
  const nodes = target.kind === 'single' ? [target.node] : target.kind === 'cluster' ? target.nodes : target.sentinels;
  return nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
};

const checkOne = async (server: Redis, subject: Subject): Promise<ServerCheck> => {
  const [info, settings] = await Promise.all([readInfo(server), readSettings(server)]);
  if (info === null) return { problems: [unreachable(subject)], warnings: [] };
  return { problems: problemsOf(info, settings), warnings: warningsOf(info, settings) };
};

type Facts = ReadonlyMap<string, string>;

const problemsOf = (info: Facts, settings: Facts | null): readonly string[] => {
  const problems: string[] = [];
  const version = info.get('redis_version') ?? '';
  if (!isRecent(version)) problems.push(`Redis ${version} is too old; 6.2 or newer is needed.`);
  // INFO tells it too, where CONFIG is forbidden.
  const policy = settings?.get('maxmemory-policy') ?? info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(
      `Redis has maxmemory-policy ${policy}: short of memory it would forget what has been revoked. Set it to noeviction.`,
    );
  }
  return problems;
};

const warningsOf = (info: Facts, settings: Facts | null): readonly string[] => {
  const warnings: string[] = [];
  if (settings === null) {
    warnings.push(
      'Redis does not let its configuration be read; be sure that it has maxmemory-policy noeviction and appendonly yes.',
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
      'Redis has replicas and min-replicas-to-write 0: a master that is cut off goes on answering while another is made. Set it to 1.',
    );
  }
  return warnings;
};

const isRecent = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
};

/** `name:value` lines. Null if the server does not answer. */
export const readInfo = async (server: Redis): Promise<Facts | null> => {
  const text = await server.info().catch(() => null);
  return text === null ? null : new Map(text.split('\r\n').map((line) => split(line)));
};

const split = (line: string): [string, string] => {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1)];
};

/** Null where the command is forbidden or renamed, as hosted Redis often has it. */
const readSettings = async (server: Redis): Promise<Facts | null> => {
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
