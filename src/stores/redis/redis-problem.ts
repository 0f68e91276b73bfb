import type { RedisTarget } from '../../domain/settings/redis-target.ts';

/** Returns why Redis cannot be used, with what to do. Contains its hosts and ports, and nothing else of REDIS_URL. */
export const redisProblem = (error: Error | null, target: RedisTarget): string => {
  const code = error !== null && 'code' in error ? String(error.code) : '';
  const reason = `${error?.message ?? ''} ${code}`;
  const problem = problems.find(([pattern]) => pattern.test(reason))?.[1] ?? silent(target);
  return `Redis at ${hostsOf(target)} ${problem}`;
};

const silent = ({ tls }: RedisTarget): string =>
  `cannot be reached: no answer in time. Check host and port in REDIS_URL, ${tls ? 'and that it speaks TLS there' : 'and that a firewall lets connections through'}.`;
const refused =
  'cannot be reached (ECONNREFUSED): nothing listens there. Check host and port in REDIS_URL, and that the server is running.';

/** By what ioredis and Redis say, the most certain first. */
const problems: readonly (readonly [RegExp, string])[] = [
  [/NOAUTH/, 'asks for a password, and REDIS_URL has none. Add it.'],
  [
    /WRONGPASS|invalid password|invalid username-password/i,
    'rejects the user or the password of REDIS_URL. Correct them.',
  ],
  [/NOPERM/, 'does not permit the user of REDIS_URL what is needed. Grant it +@all and ~fg:* &*, or use another user.'],
  [
    /DB index|invalid DB/i,
    'does not have the database number of REDIS_URL. Use a number below its setting "databases".',
  ],
  [
    /SELECT is not allowed in cluster mode/,
    'is a cluster, which has only database 0. Use redis+cluster:// in REDIS_URL.',
  ],
  [/cluster support disabled/i, 'is not a cluster. Use redis:// in REDIS_URL.'],
  [/ENOTFOUND|EAI_AGAIN/, 'cannot be found: no such host (ENOTFOUND). Correct the host in REDIS_URL.'],
  [/ECONNREFUSED/, refused],
  [
    /sentinels are unreachable/i,
    'cannot be reached: no sentinel names a master. Check hosts and the name of the master in REDIS_URL.',
  ],
  [/WRONG_VERSION_NUMBER|EPROTO|packet length/i, 'does not speak TLS. Use redis:// in REDIS_URL, or its TLS port.'],
  [
    /CERT|certificate/i,
    'presents a certificate that is not trusted. Use a name that it is for in REDIS_URL, and set NODE_EXTRA_CA_CERTS to its authority.',
  ],
  [
    /Protocol error|RESP type|unknown command|HTTP/i,
    'does not answer as Redis does. Check host and port in REDIS_URL.',
  ],
  [/LOADING|MASTERDOWN/, 'is still loading its data. Try again in a moment.'],
  [
    /ECONNRESET|EPIPE|Connection is closed|closed/i,
    'closes every connection. Check host and port in REDIS_URL, and whether it needs TLS (rediss://).',
  ],
];

const hostsOf = (target: RedisTarget): string => {
  const nodes = target.kind === 'single' ? [target.node] : target.kind === 'cluster' ? target.nodes : target.sentinels;
  return nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
};
