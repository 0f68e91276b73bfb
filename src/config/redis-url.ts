import { Secret } from '../domain/secret.ts';
import type { RedisNode, RedisTarget } from '../domain/settings/redis-target.ts';

/** `problem` continues a sentence that begins with the name of the setting. It holds nothing of the value. */
export type RedisUrl = RedisTarget | { readonly kind: 'invalid'; readonly problem: string };

const form = /^redis(s)?(?:\+(cluster|sentinel))?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^@?#]*))?(?:\?([^#]*))?$/;
const largestDb = 1_000_000;

/**
 * Parses a Redis URL. Pure: connects to nothing.
 *
 *     redis://[user:password@]host[:6379][/db]
 *     redis+cluster://[user:password@]host[:6379],host…
 *     redis+sentinel://[user:password@]host[:26379],host…/master-name[/db][?sentinelPassword=…]
 *
 * `rediss` in place of `redis` is TLS, with certificates verified. Reserved characters in user, password and name are
 * percent-encoded.
 */
export const parseRedisUrl = (text: string): RedisUrl => {
  const match = form.exec(text);
  if (!match) {
    return invalid(
      'must be redis://, rediss://, redis+cluster:// or redis+sentinel:// with a host; percent-encode @ / ? # in a password',
    );
  }
  const [, secure, kind = 'single', userInfo = '', hosts = '', path = '', query = ''] = match;
  const user = parseUserInfo(userInfo);
  if (!user) return invalid('has a user or password that is not correctly percent-encoded');
  const access = { ...user, tls: secure !== undefined };
  const nodes = parseNodes(hosts, kind === 'sentinel' ? 26_379 : 6379);
  if (!nodes) return invalid('has an invalid host or port; write host, host:port or [IPv6]:port');
  const [node] = nodes;
  if (!node) return invalid('has no host');
  if (query !== '' && kind !== 'sentinel')
    return invalid('has options after a question mark; only redis+sentinel:// takes any');

  switch (kind) {
    case 'cluster':
      if (path !== '' && path !== '0') return invalid('names a database; a Redis cluster has only database 0');
      return { kind, nodes, ...access };
    case 'sentinel':
      return parseSentinel({ path, query, sentinels: nodes, access });
    default: {
      if (nodes.length > 1) return invalid('names several hosts; use redis+cluster:// or redis+sentinel:// for them');
      const db = parseDb(path);
      if (db === null) return invalid(notADb);
      return { kind: 'single', node, db, ...access };
    }
  }
};

const notADb = 'has a database that is not a number; write it like redis://host/0';

const invalid = (problem: string): RedisUrl => ({ kind: 'invalid', problem });

type Access = Pick<RedisTarget, 'username' | 'password' | 'tls'>;

const parseSentinel = (input: {
  readonly path: string;
  readonly query: string;
  readonly sentinels: readonly RedisNode[];
  readonly access: Access;
}): RedisUrl => {
  const [encodedName = '', dbText = '', ...rest] = input.path.split('/');
  const name = decode(encodedName);
  if (!name) return invalid('must end with the name of the master, as in redis+sentinel://host:26379/mymaster');
  const db = rest.length === 0 ? parseDb(dbText) : null;
  if (db === null) return invalid(notADb);
  const options = new URLSearchParams(input.query);
  if ([...options.keys()].some((option) => option !== 'sentinelPassword')) {
    return invalid('has an unknown option; only sentinelPassword is allowed');
  }
  const sentinelPassword = options.get('sentinelPassword');
  return {
    kind: 'sentinel',
    sentinels: input.sentinels,
    name,
    db,
    sentinelPassword: sentinelPassword ? new Secret(sentinelPassword) : null,
    ...input.access,
  };
};

const parseUserInfo = (text: string): Pick<Access, 'username' | 'password'> | null => {
  const [user = '', ...rest] = text.split(':');
  const [username, password] = [decode(user), decode(rest.join(':'))];
  if (username === null || password === null) return null;
  return { username: username === '' ? null : username, password: password === '' ? null : new Secret(password) };
};

const decode = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

const nodeForm = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/;

const parseNodes = (text: string, defaultPort: number): readonly RedisNode[] | null => {
  const nodes = text.split(',').map((part) => {
    const match = nodeForm.exec(part.trim());
    const host = match?.[1] ?? match?.[2];
    const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
    return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
  });
  return nodes.every((node) => node !== null) ? nodes : null;
};

const parseDb = (text: string): number | null => {
  if (text === '') return 0;
  return /^\d{1,6}$/.test(text) && Number(text) < largestDb ? Number(text) : null;
};
