import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFieldgate } from '../../src/boot/fieldgate.ts';
import { temporaryFolder } from '../support/process.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { type Grant, login, refresh, serverForTest, signup, startServer, type TestServer } from '../support/server.ts';

const key = 'tests only: 32 bytes and more, never used by a server that runs';

const textOf = async (server: TestServer): Promise<string> => (await server.fetch('/metrics')).text();

/** The value of one line; undefined if there is none. */
const valueIn = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

/** What every line of ours is about, without its value. */
const seriesOf = (text: string): ReadonlySet<string> => new Set(text.match(/^fieldgate_.*(?= \S+$)/gm));

describe('what is counted', () => {
  let server: TestServer;
  let grant: Grant;
  beforeAll(async () => {
    server = await startServer();
    grant = await signup(server, 'ada@example.com');
  });
  afterAll(() => server.stop());

  const grownBy = async (series: string, act: () => Promise<unknown>): Promise<number> => {
    const before = valueIn(await textOf(server), series) ?? 0;
    await act();
    return (valueIn(await textOf(server), series) ?? 0) - before;
  };

  it('requests, by route, method and class of status', async () => {
    const count = (labels: string) => `fieldgate_http_request_duration_seconds_count{${labels}}`;
    expect(
      await grownBy(count('route="/graphql",method="POST",status="2xx"'), async () => {
        await server.gql('{ hello }');
        await server.gql('{ hello }', { headers: { 'content-type': 'application/graphql+json' } });
      }),
    ).toBe(2);
    expect(
      await grownBy(count('route="none",method="other",status="4xx"'), () =>
        server.fetch('/a/path?of=mine', { method: 'PROPFIND' }),
      ),
    ).toBe(1);
    expect(
      await grownBy(count('route="/graphql",method="POST",status="4xx"'), () =>
        server.fetch('/graphql', { method: 'POST', body: 'x'.repeat(200_000) }),
      ),
    ).toBe(1);
  });

  it.each([
    ['query', 'ok', '{ hello }'],
    ['query', 'partial', '{ hello me { id } }'],
    ['query', 'unauthenticated', '{ me { id } }'],
    ['mutation', 'refresh_token_invalid', 'mutation { refresh(input: { refreshToken: "x" }) { expiresIn } }'],
    ['none', 'invalid', '{ hello'],
  ])('operations, whichever way they go: a %s that ends as %s', async (kind, outcome, query) => {
    const act = async () => {
      await server.gql(query);
      await server.fetch('/graphql?way=the-other', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
    };
    expect(await grownBy(`fieldgate_operations_total{kind="${kind}",outcome="${outcome}"}`, act)).toBe(2);
  });

  it('what is written down about credentials: sign-ins, refreshes by their outcome, sign-outs', async () => {
    const event = (type: string, outcome: string) => `fieldgate_auth_events_total{type="${type}",outcome="${outcome}"}`;
    const email = 'grace@example.com';
    const mine = await signup(server, email);
    const spend = () => refresh(server, mine.refreshToken);
    expect(await grownBy(event('user.login_succeeded', 'success'), () => login(server, email))).toBe(1);
    expect(await grownBy(event('user.login_failed', 'failure'), () => login(server, email, 'wrong'))).toBe(1);
    expect(await grownBy(event('token.refreshed', 'success'), spend)).toBe(1);
    expect(await grownBy(event('token.replayed', 'success'), spend)).toBe(1);
    server.advance(11_000);
    expect(await grownBy(event('token.reuse_detected', 'failure'), spend)).toBe(1);
    const logout = () => server.gql('mutation { logout { endedSessions } }', { token: grant.accessToken });
    expect(await grownBy(event('user.logged_out', 'success'), logout)).toBe(1);
  });

  it('how long stores take, the queue of passwords, and what Node knows of the process', async () => {
    const text = await textOf(server);
    expect(valueIn(text, 'fieldgate_store_duration_seconds_count{store="sessions",verb="start"}')).toBeGreaterThan(0);
    expect(valueIn(text, 'fieldgate_password_hashes{state="waiting"}')).toBe(0);
    expect(valueIn(text, 'fieldgate_password_hashes_refused_total')).toBe(0);
    expect([valueIn(text, 'fieldgate_ready'), valueIn(text, 'fieldgate_store_up{store="database"}')]).toEqual([1, 1]);
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(valueIn(text, name), name).toBeGreaterThan(0);
    }
  });

  it('is in a form that Prometheus reads: each metric described once, buckets that add up', async () => {
    const text = await textOf(server);
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
      expect(line).toMatch(/^[a-z_][a-z0-9_]*(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [-+0-9.eNaInf]+$/i);
    }
    const series = 'store="sessions",verb="start"';
    const buckets = [...text.matchAll(new RegExp(`_bucket\\{${series},le="[^"]+"\\} (\\d+)`, 'g'))].map(([, count]) =>
      Number(count),
    );
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
    expect(buckets.at(-1)).toBe(valueIn(text, `fieldgate_store_duration_seconds_count{${series}}`));
  });

  it.each(['examples/monitoring/grafana-dashboard.json', 'examples/monitoring/alerts.yml', 'docs/deployment.md'])(
    'everything that %s asks for',
    async (file) => {
      const text = await textOf(server);
      const asked = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').match(
        /\b(fieldgate|nodejs)_[a-z0-9_]*[a-z]\b/g,
      );
      for (const name of new Set(asked)) {
        expect(text, name).toMatch(new RegExp(`^# TYPE ${name.replace(/_(?:bucket|sum|count)$/, '')} `, 'm'));
      }
    },
  );

  it('L08: nothing callers choose is in it: 10 000 random names, aliases, keys, paths and methods add no line', async () => {
    const random = () => `x${Math.random().toString(36).slice(2)}`;
    const send = () => {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: random() })).toString('base64url');
      return Promise.all([
        server.gql(`query ${random()} { ${random()}: me { id } }`, { token: `${header}.e30.AAAA` }),
        server.fetch(`/${random()}`, { method: random().toUpperCase() }).then((answer) => answer.text()),
      ]);
    };
    await send();
    const before = seriesOf(await textOf(server));
    for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 20 }, send));
    const after = seriesOf(await textOf(server));
    expect(after.difference(before)).toEqual(new Set());
  }, 60_000);
});

describe('where it is told', () => {
  it('on a port of its own, with METRICS_PORT, and on no other', async () => {
    const server = await serverForTest({ METRICS_PORT: '0' });
    const answer = await fetch(`${server.metricsUrl}/metrics`);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ]);
    expect(await answer.text()).toContain('fieldgate_ready 1');
    expect((await server.fetch('/metrics')).status).toBe(404);
    expect((await fetch(`${server.metricsUrl}/graphql`, { method: 'POST' })).status).toBe(404);
  });

  it('noClient in production without METRICS_PORT', async () => {
    const server = await serverForTest({ NODE_ENV: 'production', JWT_ALGORITHM: 'HS256', JWT_SECRET: key });
    expect([server.metricsUrl, (await server.fetch('/metrics')).status]).toEqual([null, 404]);
  });

  it('to callers of this machine only, on the port of everybody', async () => {
    const fieldgate = await createFieldgate({ DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent' });
    const ask = async (ip?: string) =>
      (await fieldgate.fetch(new Request('http://localhost/metrics'), ip === undefined ? {} : { ip })).status;
    const statuses = [];
    for (const ip of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '203.0.113.5', '::ffff:203.0.113.5', '::12', undefined]) {
      statuses.push(await ask(ip));
    }
    expect(statuses).toEqual([200, 200, 200, 404, 404, 404, 404]);
    const handedOn = new Request('http://localhost/metrics', { headers: { 'x-forwarded-for': '127.0.0.1' } });
    expect((await fieldgate.fetch(handedOn, { ip: '127.0.0.1' })).status).toBe(404);
    await fieldgate.close();
  });

  it('not where the port is that of the server', async () => {
    await expect(startServer({ PORT: '4711', METRICS_PORT: '4711' })).rejects.toThrow('METRICS_PORT');
  });
});

const missing = await redisMissing();

describe.skipIf(missing !== null)('an outage', () => {
  it('L06: of Redis is an event, a metric and not ready; the process stays healthy', async () => {
    const redis = await redisServer();
    const server = await serverForTest({ REDIS_URL: `redis://127.0.0.1:${redis.port}` });
    const { accessToken } = await signup(server);
    await redis.drop();
    const answer = await server.gql('{ me { id } }', { token: accessToken });
    expect([answer.status, answer.codes]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
    const text = await textOf(server);
    expect(valueIn(text, 'fieldgate_store_up{store="redis"}')).toBe(0);
    expect(valueIn(text, 'fieldgate_store_up{store="database"}')).toBe(1);
    expect(valueIn(text, 'fieldgate_ready')).toBe(0);
    expect(valueIn(text, 'fieldgate_store_failures_total{store="sessions",verb="check"}')).toBeGreaterThan(0);
    expect(server.logLines().filter(({ event }) => event === 'store.trouble')).toHaveLength(1);
    expect((await server.fetch('/health')).status).toBe(200);
  });
});

describe('DNS rebinding', () => {
  /** A page of another site whose name points to this machine: the browser sends that name. */
  const statusFor = (url: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(`${url}/metrics`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });

  it('does not show the metrics to a page of another name', async () => {
    const server = await serverForTest({ METRICS_PORT: '0' });
    const other = await serverForTest();
    for (const host of [
      'evil.example',
      'evil.example:4000',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '192.168.0.7',
    ]) {
      expect(await statusFor(other.url, host), host).toBe(404);
      expect(await statusFor(server.metricsUrl ?? '', host), host).toBe(403);
    }
    for (const host of ['localhost', 'localhost:4000', '127.0.0.1:9', '[::1]:4000']) {
      expect(await statusFor(other.url, host), host).toBe(200);
      expect(await statusFor(server.metricsUrl ?? '', host), host).toBe(200);
    }
  });
});
