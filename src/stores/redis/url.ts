import { Secret } from '../../domain/secret.ts';

export type RedisNode = { readonly host: string; readonly port: number };

/** Where Redis is and how to authenticate, as a URL states it. */
export type RedisTarget = {
  readonly username: string | null;
  readonly password: Secret | null;
  readonly tls: boolean;
} & (
  | { readonly kind: 'single'; readonly node: RedisNode; readonly db: number }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      /** The sentinels' name of the master. */
      readonly name: string;
      readonly db: number;
      /** For the sentinels themselves; `password` is for the servers behind them. */
      readonly sentinelPassword: Secret | null;
    }
);

/** `problem` continues a sentence that begins with the name of the setting, and holds nothing of its value. */
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
 * `rediss` instead of `redis` means TLS, with certificates verified. Reserved characters in user, password and name are
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
  if (!user) return invalid('has a user or password that is not percent-encoded text');
  const access = { ...user, tls: secure !== undefined };
  const nodes = parseNodes(hosts, kind === 'sentinel' ? 26_379 : 6379);
  if (!nodes) return invalid('has an invalid host or port; write host, host:port or [IPv6]:port');
  const [node] = nodes;
  if (!node) return invalid('has no host');
  if (query !== '' && kind !== 'sentinel')
    return invalid('takes no options; remove the question mark and what follows');

  switch (kind) {
    case 'cluster':
      if (path !== '' && path !== '0') return invalid('names a database; a cluster has none but 0');
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

const notADb = 'has an invalid database; write its number, as in redis://host/0';

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
    return invalid('has an unknown option; the only one is sentinelPassword');
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
