import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { selfSignedCertificate } from '../support/certificates.ts';
import { createBrowser, createVerifier, goToProvider } from '../support/identity-browser.ts';
import { type Answer, providerEnv, startOpenIdProvider } from '../support/identity-providers.ts';
import { startCollector } from '../support/otlp-collector.ts';
import { ownPostgres, type PostgresServer, postgresProgramsMissing } from '../support/postgres-servers.ts';
import { freePort, type ServerProcess, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';
import { type RedisServer, redisMissing, redisServer } from '../support/redis-servers.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { pause } from '../support/time.ts';

vi.setConfig({ testTimeout: 60_000 });

const noRedis = await redisMissing();
const missing = noRedis ?? postgresProgramsMissing;

/** One for each setting that holds a secret, with what URLs, JSON and headers write differently. */
const planted = (name: string): string => `Plant3d-${name}:"/@ü`;
const secrets = {
  database: planted('database'),
  otherDatabase: planted('other-database'),
  redisUser: 'planted-redis-user',
  redis: planted('redis'),
  otherRedis: planted('other-redis'),
  sentinel: planted('sentinel'),
  jwt: planted('jwt-secret-of-more-than-sixty-four-bytes-in-all-so-that-it-fits'),
  client: planted('client-secret'),
  admin: planted('administrator'),
  collector: 'Plant3d-collector-key',
  keyFile: planted('key-file'),
  tlsKey: planted('tls-key'),
};

/** As it is, as URLs, JSON and Base64 write it, and the middle of it. */
const formsOf = (secret: string): readonly string[] => [
  ...[secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), secret.replace(/[^\w-].*$/, '')],
  Buffer.from(secret).toString('base64').slice(0, -4),
];

const expectNoSecret = (text: string): void => {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const form of formsOf(secret)) if (text.includes(form)) expect.soft(lineWith(text, form), name).toBe('');
  }
};

const lineWith = (text: string, part: string): string => text.split('\n').find((line) => line.includes(part)) ?? '';

const userInfo = (user: string, password: string): string => `${user}:${encodeURIComponent(password)}`;

/** Answers everything with what it was sent: the worst that can be on the other end. */
const echo = async (wrap: (sent: Buffer) => string): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (sent) => socket.write(wrap(sent)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

const flat = (sent: Buffer): string => sent.toString().replaceAll(/\r\n/g, ' ');
const asRedisError = (sent: Buffer): string => `-ERR unknown command, with args beginning with: ${flat(sent)}\r\n`;
const asSecondRedisError = (sent: Buffer): string => `-WRONGPASS you said ${flat(sent)}\r\n`;
const asText = (sent: Buffer): string => `HTTP/1.1 400 Bad Request\r\n\r\n${flat(sent)}`;

/** An ErrorResponse of PostgreSQL with a secret in every field. */
const asPostgresError = (sent: Buffer): string => {
  const fields = ['SFATAL', 'VFATAL', 'C28P01', 'M', 'D', 'H', 'W', 'q', 's', 't', 'n'];
  const said = flat(sent).replaceAll('\0', ' ');
  const body = `${fields.map((field) => `${field}${field.length === 1 ? `${said} ${secrets.database}` : ''}\0`).join('')}\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(body) + 4);
  return `E${length.toString('latin1')}${body}`;
};

describe.skipIf(missing !== null)('L03: no secret of the configuration is in any output', () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  beforeAll(async () => {
    postgres = await ownPostgres(secrets.database);
    redis = await redisServer(['--databases', '4']);
    await redis.admin.call('ACL', 'SETUSER', secrets.redisUser, 'on', `>${secrets.redis}`, '~*', '&*', '+@all');
  }, 60_000);
  afterAll(async () => void (await Promise.all([postgres?.drop(), redis?.drop()])));

  const redisUrl = (port = redis.port, password = secrets.redis, rest = ''): string =>
    `redis://${userInfo(secrets.redisUser, password)}@127.0.0.1:${port}${rest}`;

  const environment = async (more: Record<string, string> = {}): Promise<Record<string, string>> => ({
    PORT: String(await freePort()),
    DATA_DIR: temporaryFolder(),
    DATABASE_URL: postgres.url(),
    REDIS_URL: redisUrl(),
    JWT_ALGORITHM: 'HS512',
    JWT_SECRET: secrets.jwt,
    ADMIN_EMAIL: 'root@example.com',
    ADMIN_PASSWORD: secrets.admin,
    BASIC_AUTH: 'on',
    ISSUER: 'http://localhost:4000',
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secrets.collector}`,
    LOG_LEVEL: 'trace',
    ...more,
  });

  const metricsOf = async (server: ServerProcess): Promise<string> =>
    fetch(`${server.url}/metrics`).then(
      (response) => response.text(),
      () => '',
    );

  const use = async ({ url }: ServerProcess): Promise<void> => {
    const login = `mutation { login(input: { email: "root@example.com", password: ${JSON.stringify(secrets.admin)} }) { accessToken refreshToken } }`;
    const answer = await send(url, login);
    const token = answer?.data?.login?.accessToken;
    await Promise.all([
      send(url, '{ me { id } sessions { id } }', {}, token),
      send(
        url,
        `mutation { refresh(input: { refreshToken: "${answer?.data?.login?.refreshToken}" }) { accessToken } }`,
      ),
      send(
        url,
        'mutation { signup(input: { email: "a@example.com", password: "nine stairs over a quiet lamp" }) { expiresIn } }',
      ),
      fetch(`${url}/ready`).catch(() => null),
    ]);
  };

  it('while a server runs and its stores are killed, frozen, cut off, and exchange their passwords', async () => {
    const collector = await startCollector({ status: 400, echo: true });
    const [toRedis, toPostgres] = [await tcpProxy(redis.port), await tcpProxy(postgres.port)];
    onTestFinished(toRedis.drop);
    onTestFinished(toPostgres.drop);
    const server = spawnServer(
      await environment({
        DATABASE_URL: postgres.url().replace(`:${postgres.port}`, `:${toPostgres.port}`),
        REDIS_URL: redisUrl(toRedis.port),
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      }),
    );
    await whenListening(server);
    let metrics = '';
    const during = async (fail: () => unknown, mend: () => unknown): Promise<void> => {
      await fail();
      for (let round = 0; round < 3; round += 1) {
        await use(server);
        await pause(300);
      }
      metrics += await metricsOf(server);
      await mend();
      await expect.poll(async () => (await fetch(`${server.url}/ready`)).status, { timeout: 15_000 }).toBe(200);
    };
    const setRedisPassword = (password: string) =>
      redis.admin.call('ACL', 'SETUSER', secrets.redisUser, 'resetpass', `>${password}`);
    const same = (bytes: Buffer): Buffer => bytes;

    await use(server);
    await during(
      async () => {
        await setRedisPassword(secrets.otherRedis);
        await redis.admin.call('CLIENT', 'KILL', 'SKIPME', 'yes');
      },
      () => setRedisPassword(secrets.redis),
    );
    await during(
      async () => {
        await postgres.run(`alter role ${postgres.user} password '${secrets.otherDatabase}'`).catch(() => {});
        const terminate = 'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()';
        await import('../support/databases.ts').then(({ asAdministrator }) =>
          asAdministrator(terminate, postgres.url('postgres', userInfo(postgres.user, secrets.otherDatabase))),
        );
      },
      () =>
        import('../support/databases.ts').then(({ asAdministrator }) =>
          asAdministrator(
            `alter role ${postgres.user} password '${secrets.database}'`,
            postgres.url('postgres', userInfo(postgres.user, secrets.otherDatabase)),
          ),
        ),
    );
    for (const store of [redis, postgres]) {
      await during(
        () => store.signal('SIGSTOP'),
        () => store.signal('SIGCONT'),
      );
    }
    for (const [proxy, garbage] of [
      [toRedis, () => Buffer.from(asRedisError(Buffer.from(`AUTH ${secrets.redisUser} ${secrets.redis}`)))],
      [toRedis, () => Buffer.from(`\0garbage ${secrets.redis}`)],
      [toPostgres, () => Buffer.from(asPostgresError(Buffer.from(secrets.database)), 'latin1')],
      [toPostgres, () => Buffer.from(`HTTP/1.1 400 ${secrets.database}`)],
    ] as const) {
      await during(
        () => {
          proxy.tamper = garbage;
        },
        () => {
          proxy.tamper = same;
        },
      );
    }
    await during(
      () => redis.kill(),
      async () => {
        await redis.start();
        await redis.admin.call('ACL', 'SETUSER', secrets.redisUser, 'on', `>${secrets.redis}`, '~*', '&*', '+@all');
      },
    );
    await during(
      () => postgres.kill(),
      () => postgres.start(),
    );
    server.child.kill('SIGTERM');
    await server.exit;
    expect(server.output()).toContain('store failing');
    expect(server.output().split('\n').length).toBeGreaterThan(30);
    expect(metrics).toContain('fieldgate_');
    expect(collector.requests.length).toBeGreaterThan(0);
    expectNoSecret([server.output(), metrics, collector.bytes()].join('\n'));
  }, 180_000);

  it('while a provider repeats what it was sent, is cut off, and answers with anything', async () => {
    const provider = await startOpenIdProvider();
    const server = spawnServer(
      await environment({
        ...providerEnv({ ACME: provider.issuer }),
        OAUTH_ACME_CLIENT_SECRET: secrets.client,
        DATABASE_URL: '',
        REDIS_URL: '',
        OTEL_EXPORTER_OTLP_HEADERS: '',
      }),
    );
    await whenListening(server);
    const browser = createBrowser({ fetch: (path, init) => fetch(server.url + path, init) });
    const sent: Parameters<Answer>[0][] = [];
    const told = ({ parameters, headers }: Parameters<Answer>[0]): string =>
      `${parameters} ${secrets.client} ${headers.authorization}`;
    const json =
      (body: (text: string) => unknown, status: number): Answer =>
      (request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body(told(request))));
      };
    const answers: readonly Answer[] = [
      json((text) => ({ error: 'invalid_client', error_description: text, error_uri: text }), 401),
      json((text) => ({ error: text }), 400),
      json((text) => ({ access_token: text, token_type: text, id_token: text }), 200),
      json((text) => text, 200),
      (request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(told(request)),
      (request, response) =>
        void response
          .writeHead(500, { 'www-authenticate': `Basic realm="${secrets.client.slice(0, 20)}"` })
          .end(told(request)),
      (request, response) =>
        void response.writeHead(302, { location: `http://x/?${encodeURIComponent(told(request))}` }).end(),
      (_request, response) => void response.destroy(),
      (_request, response) =>
        void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    ];
    for (const path of ['/token', '/jwks', '/.well-known/openid-configuration']) {
      for (const answer of answers) {
        const usual = provider.site.answers[path];
        const callback = await goToProvider(browser, 'acme', createVerifier()).catch(() => null);
        provider.site.answers[path] = (request, response) => {
          sent.push(request);
          return answer(request, response);
        };
        if (callback) await browser.visit(callback);
        if (usual) provider.site.answers[path] = usual;
      }
    }
    const metrics = await metricsOf(server);
    server.child.kill('SIGTERM');
    await server.exit;
    expect(sent.length).toBeGreaterThan(8);
    expect(server.output()).toContain('a sign-in at a provider failed');
    expectNoSecret(server.output() + metrics);
  }, 120_000);

  const echoes = [
    ['a Redis that repeats AUTH', asRedisError],
    ['a Redis that rejects AUTH and repeats it', asSecondRedisError],
    ['a web server', asText],
    ['what repeats every byte', (bytes: Buffer) => bytes.toString()],
  ] as const;
  const tls = selfSignedCertificate();

  it.each<readonly [string, () => Promise<Record<string, string>>]>([
    ['the wrong password for Redis', async () => ({ REDIS_URL: redisUrl(redis.port, secrets.otherRedis) })],
    [
      'a database number that Redis does not have',
      async () => ({ REDIS_URL: redisUrl(redis.port, secrets.redis, '/999') }),
    ],
    ['a REDIS_URL that is no URL', async () => ({ REDIS_URL: `redis://${secrets.redisUser}:${secrets.redis}@/x y` })],
    [
      'a sentinel with a password',
      async () => ({
        REDIS_URL: `redis+sentinel://${userInfo(secrets.redisUser, secrets.redis)}@127.0.0.1:${redis.port}/main?sentinelPassword=${encodeURIComponent(secrets.sentinel)}`,
      }),
    ],
    ['a cluster that is none', async () => ({ REDIS_URL: redisUrl().replace('redis:', 'redis+cluster:') })],
    ['TLS to a Redis without', async () => ({ REDIS_URL: redisUrl().replace('redis:', 'rediss:') })],
    [
      'the wrong password for PostgreSQL',
      async () => ({ DATABASE_URL: postgres.url('postgres', userInfo(postgres.user, secrets.otherDatabase)) }),
    ],
    ['a database that is not there', async () => ({ DATABASE_URL: postgres.url('missing') })],
    ['a DATABASE_URL that is no URL', async () => ({ DATABASE_URL: `postgres://keeper:${secrets.database}@:x` })],
    [
      'a DATABASE_URL with a password that is not encoded',
      async () => ({ DATABASE_URL: `postgres://keeper:${secrets.database}@127.0.0.1:${postgres.port}/postgres` }),
    ],
    [
      'a port without PostgreSQL',
      async () => ({ DATABASE_URL: postgres.url().replace(`:${postgres.port}`, `:${await freePort()}`) }),
    ],
    [
      'a PostgreSQL that repeats everything',
      async () => ({ DATABASE_URL: postgres.url().replace(`:${postgres.port}`, `:${await echo(asPostgresError)}`) }),
    ],
    [
      'a PostgreSQL that is a web server',
      async () => ({ DATABASE_URL: postgres.url().replace(`:${postgres.port}`, `:${await echo(asText)}`) }),
    ],
    ...echoes.map(([what, wrap]) => [what, async () => ({ REDIS_URL: redisUrl(await echo(wrap)) })] as const),
    ...echoes.map(
      ([what, wrap]) =>
        [
          `sentinels: ${what}`,
          async () => ({
            REDIS_URL: `redis+sentinel://${userInfo(secrets.redisUser, secrets.redis)}@127.0.0.1:${await echo(wrap)}/main?sentinelPassword=${encodeURIComponent(secrets.sentinel)}`,
          }),
        ] as const,
    ),
    ...echoes.map(
      ([what, wrap]) =>
        [
          `a cluster: ${what}`,
          async () => ({ REDIS_URL: redisUrl(await echo(wrap)).replace('redis:', 'redis+cluster:') }),
        ] as const,
    ),
    ['a secret that is too short', async () => ({ JWT_SECRET: secrets.jwt.slice(0, 20) })],
    ['a secret and a key file', async () => ({ JWT_KEYS: secrets.keyFile })],
    [
      'a key in place of the path of a key file',
      async () => ({ JWT_SECRET: '', JWT_ALGORITHM: 'ES256', JWT_KEYS: secrets.keyFile }),
    ],
    [
      'a password of an administrator that is too short',
      async () => ({ ADMIN_EMAIL: 'other@example.com', PASSWORD_MIN_LENGTH: '64' }),
    ],
    [
      'collector headers that are none',
      async () => ({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x',
        OTEL_EXPORTER_OTLP_HEADERS: `authorization${secrets.collector}`,
      }),
    ],
    [
      'a collector URL with a password',
      async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://u:${secrets.collector}@x` }),
    ],
    ['half a provider', async () => ({ OAUTH_ACME_CLIENT_SECRET: secrets.client })],
    [
      'a key file that is damaged',
      async () => {
        const file = join(temporaryFolder(), 'keys.json');
        writeFileSync(file, `{ "keys": [{ "kty": "EC", "d": ${JSON.stringify(secrets.keyFile)}, "crv": `);
        return { JWT_SECRET: '', JWT_ALGORITHM: 'ES256', JWT_KEYS: file };
      },
    ],
    [
      'a key file with a key that is none',
      async () => {
        const file = join(temporaryFolder(), 'keys.json');
        writeFileSync(
          file,
          JSON.stringify({
            keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', d: secrets.keyFile, x: secrets.keyFile, y: 'y', kid: 'k' }],
          }),
        );
        return { JWT_SECRET: '', JWT_ALGORITHM: 'ES256', JWT_KEYS: file };
      },
    ],
    [
      'a TLS key that is none',
      async () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder, 'cert.pem'), tls.cert);
        writeFileSync(
          join(folder, 'key.pem'),
          `-----BEGIN PRIVATE KEY-----\n${secrets.tlsKey}\n-----END PRIVATE KEY-----\n`,
        );
        return { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') };
      },
    ],
  ])('when a start is refused: %s', async (_what, env) => {
    const server = spawnServer(await environment(await env()));
    const timer = setTimeout(() => server.child.kill('SIGKILL'), 30_000);
    const { code } = await server.exit;
    clearTimeout(timer);
    expect.soft(code, server.output()).toBe(1);
    expect(server.output()).not.toBe('');
    expectNoSecret(server.output());
  });
});
