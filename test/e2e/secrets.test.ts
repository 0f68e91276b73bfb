import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';
import { type RedisServer, redisMissing, redisServer } from '../support/redis-servers.ts';

const missing = await redisMissing();
const [password, newPassword, wrongPassword] = [
  'nine stairs over a quiet lamp',
  'a river that nobody has named yet',
  'the wrong one of all the words',
];
const secretMembers = /^(?:accessToken|refreshToken|secret|token|access_token|refresh_token|client_secret|code)$/;

/** A server process at the lowest log level, and every secret that was sent to it or came from it. */
const start = async () => {
  const [redis, port, dataDir] = [await redisServer(), String(await freePort()), temporaryFolder()];
  onTestFinished(redis.drop);
  const server = spawnServer({
    ...{
      PORT: port,
      DATA_DIR: dataDir,
      REDIS_URL: redis.url,
      BASIC_AUTH: 'on',
      LOG_LEVEL: 'trace',
    },
    ...{ ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: password, ISSUER: `http://localhost:${port}` },
  });
  await whenListening(server);
  const cookies: string[] = [];
  const secrets = new Set<string>([password, newPassword, wrongPassword, ...privateKeysIn(dataDir)]);

  const call = async (path: string, init: RequestInit) => {
    const response = await fetch(server.url + path, init);
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = '', value] = /^[^=]*=([^;]+)/.exec(cookie) ?? [];
      if (value === undefined) continue;
      for (const part of partsOf(value)) secrets.add(part);
      cookies.push(pair);
    }
    const text = await response.text();
    return JSON.parse(text, (name, value) => {
      // `code` is a secret of the social login, and elsewhere the name of an error.
      const isSecret = typeof value === 'string' && secretMembers.test(name) && !/^[A-Z_]+$/.test(value);
      if (isSecret) for (const part of partsOf(value)) secrets.add(part);
      return value;
    });
  };
  const gql = (query: string, headers: Record<string, string> = {}) =>
    call('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
  const form = (path: string, parameters: Record<string, string>, headers: Record<string, string> = {}) =>
    call(path, { method: 'POST', headers, body: new URLSearchParams(parameters) });
  return { server, redis, dataDir, secrets, cookies, call, gql, form };
};

/** A token, and what makes it one: the signature of a JWT, the last of the secrets in an opaque one. */
const partsOf = (token: string): string[] => [
  token,
  token.includes('.') ? (token.split('.')[2] ?? token) : token.slice(-43),
];

const privateKeysIn = (dataDir: string): string[] =>
  JSON.parse(readFileSync(join(dataDir, 'signing-keys.json'), 'utf8')).keys.map(({ d }: { d: string }) => d);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (name: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
});

/** Valid and invalid use of every credential. */
const useEveryCredential = async ({ gql, form, call, secrets, cookies }: Awaited<ReturnType<typeof start>>) => {
  const input = (given: string, more = '') => `input: { email: "ada@example.com", password: "${given}" ${more} }`;
  const pair = 'accessToken refreshToken';
  const { signup } = (await gql(`mutation { signup(${input(password)}) { ${pair} } }`)).data;
  await gql(`mutation { login(${input(wrongPassword)}) { ${pair} } }`);
  const { login } = (await gql(`mutation { login(${input(password)}) { ${pair} } }`)).data;
  await gql('{ me { id email } sessions { edges { node { id } } } }', bearer(login.accessToken));
  await gql('{ me { id } }', bearer(`${login.accessToken}x`));
  await gql('{ me { id } }', bearer(login.refreshToken));
  const spend = `mutation { refresh(input: { refreshToken: "${login.refreshToken}" }) { ${pair} } }`;
  const { refresh } = (await gql(spend)).data;
  await gql(spend);
  await gql(`mutation { refresh(input: { refreshToken: "${refresh.refreshToken}" }) { ${pair} } }`);
  await gql(spend); // This is reuse, and ends the session.
  await gql(`mutation { refresh(input: { refreshToken: "fgr_${'x'.repeat(40)}" }) { ${pair} } }`);

  await gql(`mutation { login(${input(password, 'delivery: COOKIE')}) { expiresIn } }`);
  const cookie = cookies.join('; ');
  expect(cookie).toMatch(/^fieldgate-access=eyJ.*; fieldgate-refresh=fgr_/);
  for (const headers of [{ cookie, origin: 'https://evil.example' }, { cookie: `${cookie}; ${cookie}` }, { cookie }]) {
    for (const does of ['refresh { expiresIn }', 'logout { endedSessions }']) {
      await gql('{ me { id } }', headers);
      await gql(`mutation { ${does} }`, headers);
    }
  }

  const { createApiKey } = (
    await gql(
      'mutation { createApiKey(input: { name: "k", scopes: ["account:read"] }) { secret } }',
      bearer(signup.accessToken),
    )
  ).data;
  await gql('{ me { id } }', { 'x-api-key': createApiKey.secret });
  await gql('{ me { id } }', { 'x-api-key': `${createApiKey.secret}x` });
  await gql('{ me { id } }', { 'x-api-key': createApiKey.secret, ...bearer(signup.accessToken) });
  for (const name of ['api_key', 'access_token', 'anything']) {
    await call(`/graphql?${name}=${createApiKey.secret}`, {}).catch(() => null);
    await call(`/${createApiKey.secret}?${name}=${signup.accessToken}`, {}).catch(() => null);
  }
  for (const given of [password, wrongPassword]) {
    const header = basic('ada@example.com', given);
    secrets.add(header.authorization.slice('Basic '.length));
    await gql('{ me { id } }', header);
  }

  await form('/token', { grant_type: 'password', username: 'ada@example.com', password: wrongPassword });
  const token = await form('/token', { grant_type: 'password', username: 'ada@example.com', password });
  await form('/token', { grant_type: 'refresh_token', refresh_token: token.refresh_token });
  const admin = (await form('/token', { grant_type: 'password', username: 'root@example.com', password })).access_token;
  const made = await gql(
    'mutation { createServiceClient(input: { name: "till", scopes: ["orders:read"] }) { client { id } secret } }',
    bearer(admin),
  );
  const { client, secret } = made.data.createServiceClient;
  await form('/token', { grant_type: 'client_credentials' }, basic(client.id, wrongPassword));
  await form('/token', { grant_type: 'client_credentials', client_id: client.id, client_secret: secret });
  await form('/introspect', { token: token.access_token }, basic(client.id, secret));
  await form('/introspect', { token: token.access_token }, bearer(admin));
  await form('/revoke', { token: token.access_token });

  await gql(
    `mutation { changePassword(input: { currentPassword: "${password}", newPassword: "${newPassword}" }) { ${pair} } }`,
    bearer(signup.accessToken),
  );
  await gql(`mutation { login(${input(newPassword)}) { ${pair} } }`);
  await gql('{ syntax error', bearer(signup.accessToken));
  await gql(`mutation { logout(input: { refreshToken: "${refresh.refreshToken}" }) { endedSessions } }`);
};

/** The bytes that the secret stands for. */
const bytesOf = (secret: string): string => Buffer.from(secret, 'base64url').toString('latin1');

/** Bytes are read as Latin-1, one character each. */
const everythingInRedis = async ({ admin }: RedisServer): Promise<string> => {
  const keys = await admin.keys('*');
  const read = async (key: string): Promise<unknown> => {
    const type = await admin.type(key);
    if (type === 'stream') return admin.xrange(key, '-', '+');
    if (type !== 'hash') return admin.dump(key);
    const fields = Object.entries(await admin.hgetallBuffer(key));
    return fields.map(([field, value]) => field + value.toString('latin1')).join('\n');
  };
  return [...keys, ...(await Promise.all(keys.map(read)))].map(String).join('\n');
};

/** Every row of every table, and the bytes of the files with deleted rows and the write-ahead log. */
const everythingInSqlite = (folder: string): string => {
  const files = readdirSync(folder).filter((name) => name.startsWith('fieldgate.sqlite'));
  const database = new DatabaseSync(join(folder, 'fieldgate.sqlite'), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const rows = tables.map(({ name }) => JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all()));
  database.close();
  return [...rows, ...files.map((name) => readFileSync(join(folder, name), 'latin1'))].join('\n');
};

test.skipIf(missing !== null)(
  'L03: after valid and invalid use of every credential no secret is in the log, the database, Redis or the metrics',
  async () => {
    const place = await start();
    await useEveryCredential(place);
    const metrics = await (await fetch(`${place.server.url}/metrics`)).text();
    place.server.child.kill('SIGTERM');
    await place.server.exit;
    const kept = {
      log: place.server.output(),
      database: everythingInSqlite(place.dataDir),
      redis: await everythingInRedis(place.redis),
      metrics,
    };
    expect(place.secrets.size).toBeGreaterThan(25);
    expect(kept.database).toContain('ada@example.com');
    expect(kept.redis).toContain('fg:');
    expect(kept.log.split('\n').length).toBeGreaterThan(40);
    for (const [where, text] of Object.entries(kept)) {
      const found = [...place.secrets].filter((secret) => text.includes(secret) || text.includes(bytesOf(secret)));
      expect(found, where).toEqual([]);
    }
  },
);
