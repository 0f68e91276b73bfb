import { AppError } from '../../domain/errors.ts';

/**
 * Returns why PostgreSQL cannot be used, with the setting to look at. Contains the host and the port of the URL, and nothing
 * else of it.
 */
export const postgresProblem = (error: unknown, url: string): string => {
  const cause = error instanceof AppError ? error.cause : error;
  const where = `PostgreSQL at ${hostOf(url)}`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : '';
  const problem = byCode[code] ?? byMessage.find(([pattern]) => pattern.test(message))?.[1] ?? byKind(code);
  return typeof problem === 'string' ? `${where} ${problem}` : `${where} ${problem(message)}`;
};

type Problem = string | ((message: string) => string);

const unknownHost = 'cannot be found: no such host. Correct the host in DATABASE_URL.';
const noAnswer =
  'cannot be reached: no answer in time. Check host and port in DATABASE_URL, and that a firewall lets connections through.';
const notPostgres = 'does not answer as PostgreSQL does. Check host and port in DATABASE_URL.';
const notTrusted =
  'presents a certificate that is not trusted. Add sslrootcert=<file> with its certificate authority to DATABASE_URL.';

/** Systems' and Node's codes, and SQLSTATEs. */
const byCode: Readonly<Record<string, Problem>> = {
  ECONNREFUSED:
    'cannot be reached: nothing listens there (ECONNREFUSED). Check host and port in DATABASE_URL, and that the server is running.',
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  ENETUNREACH: noAnswer,
  ECONNRESET: notPostgres,
  ENOENT: 'cannot be reached: there is no such socket. Correct the host in DATABASE_URL.',
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
  CERT_HAS_EXPIRED: 'presents a certificate that has expired. Renew it there.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'presents the certificate of another host. Use its name as the host in DATABASE_URL.',
  '28P01': 'rejects the user or the password of DATABASE_URL. Correct them.',
  '28000': (message) =>
    /role .* does not exist/.test(message)
      ? 'has no such role. Correct the user in DATABASE_URL, or create it: createuser --pwprompt <user>'
      : /not permitted to log in/.test(message)
        ? 'does not permit the user of DATABASE_URL to log in. Use another user, or: alter role <user> login'
        : 'does not let this user in from here, or not without TLS (pg_hba.conf). Change that, or add sslmode=verify-full to DATABASE_URL.',
  '3D000': 'has no such database. Correct its name in DATABASE_URL, or create it: createdb <name>',
  '42501': 'does not let the user of DATABASE_URL create tables. Make it the owner of a database of its own.',
  '3F000': 'has no schema to create tables in. Check the search_path of the user of DATABASE_URL.',
  '42P07':
    'has tables in this database that another application created, with names that Fieldgate needs. Give it a database of its own in DATABASE_URL.',
  '25006': 'is a read-only replica. Use the host of the primary in DATABASE_URL.',
  '53300': 'has no connection left. Raise its max_connections, or stop what uses them.',
  '57P03': 'is starting up or shutting down. Try again in a moment.',
};

/** What the driver reports without a code. */
const byMessage: readonly (readonly [RegExp, Problem])[] = [
  [
    /does not support SSL/,
    'offers no TLS, and DATABASE_URL demands it (sslmode). Turn TLS on there, or remove sslmode if the network is trusted.',
  ],
  [/in time|timeout|timed out/i, noAnswer],
  [/password must be a string|no password/i, 'asks for a password, and DATABASE_URL has none. Add it.'],
  [/terminated unexpectedly|invalid response|unexpected|Unknown authentication/i, notPostgres],
];

const byKind = (code: string): string =>
  `cannot be used${code === '' ? '' : ` (${code})`}. Check DATABASE_URL, and that the server is running.`;

const hostOf = (url: string): string => {
  const { host, port } = new URL(url);
  if (host === '') return 'the local socket';
  return port === '' ? `${host}:5432` : host;
};
