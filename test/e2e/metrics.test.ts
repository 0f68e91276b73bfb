import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { describe, expect } from 'vitest';
import { createFieldgate } from '../../src/boot/fieldgate.ts';
import { temporaryFolder } from '../support/process.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import {
  login,
  productionEnv,
  refresh,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer();

const textOf = async (server: TestServer): Promise<string> => (await server.fetch('/metrics')).text();

/** The value of one line; undefined if there is none. */
const valueIn = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

describe('metrics', () => {
  const grownBy = async (server: TestServer, series: string, act: () => Promise<unknown>): Promise<number> => {
    const before = valueIn(await textOf(server), series) ?? 0;
    await act();
    return (valueIn(await textOf(server), series) ?? 0) - before;
  };

  test('requests are counted by route, method and class of status', async ({ server }) => {
    const count = (labels: string) => `fieldgate_http_request_duration_seconds_count{${labels}}`;
    expect(
      await grownBy(server, count('route="/graphql",method="POST",status="2xx"'), async () => {
        await server.gql('{ hello }');
        await server.gql('{ hello }', { headers: { 'content-type': 'application/graphql+json' } });
      }),
    ).toBe(2);
    expect(
      await grownBy(server, count('route="none",method="other",status="4xx"'), () =>
        server.fetch('/a/path?of=mine', { method: 'PROPFIND' }),
      ),
    ).toBe(1);
    expect(
      await grownBy(server, count('route="/graphql",method="POST",status="4xx"'), () =>
        server.fetch('/graphql', { method: 'POST', body: 'x'.repeat(200_000) }),
      ),
    ).toBe(1);
  });

  test.for([
    ['query', 'ok', '{ hello }'],
    ['query', 'partial', '{ hello me { id } }'],
    ['query', 'unauthenticated', '{ me { id } }'],
    ['mutation', 'refresh_token_invalid', 'mutation { refresh(input: { refreshToken: "x" }) { expiresIn } }'],
    ['none', 'invalid', '{ hello'],
  ] as const)('operations are counted by kind and outcome: %s, %s', async ([kind, outcome, query], { server }) => {
    const act = () => server.gql(query);
    expect(await grownBy(server, `fieldgate_operations_total{kind="${kind}",outcome="${outcome}"}`, act)).toBe(1);
  });

  test('events are counted by type and outcome', async ({ server }) => {
    const event = (type: string, outcome: string) => `fieldgate_auth_events_total{type="${type}",outcome="${outcome}"}`;
    const email = 'grace@example.com';
    const [mine, other] = [await signup(server, email), await signup(server)];
    const spend = () => refresh(server, mine.refreshToken);
    expect(await grownBy(server, event('user.login_succeeded', 'success'), () => login(server, email))).toBe(1);
    expect(await grownBy(server, event('user.login_failed', 'failure'), () => login(server, email, 'wrong'))).toBe(1);
    expect(await grownBy(server, event('token.refreshed', 'success'), spend)).toBe(1);
    expect(await grownBy(server, event('token.replayed', 'success'), spend)).toBe(1);
    server.advance(11_000);
    expect(await grownBy(server, event('token.reuse_detected', 'failure'), spend)).toBe(1);
    const logout = () => server.gql('mutation { logout { endedSessions } }', { token: other.accessToken });
    expect(await grownBy(server, event('user.logged_out', 'success'), logout)).toBe(1);
  });

  test('stores, the queue of password hashes and the process are measured', async ({ server }) => {
    const text = await textOf(server);
    expect(valueIn(text, 'fieldgate_store_duration_seconds_count{store="sessions",verb="start"}')).toBeGreaterThan(0);
    expect(valueIn(text, 'fieldgate_password_hashes{state="waiting"}')).toBe(0);
    expect(valueIn(text, 'fieldgate_password_hashes_refused_total')).toBe(0);
    expect([valueIn(text, 'fieldgate_ready'), valueIn(text, 'fieldgate_store_up{store="database"}')]).toEqual([1, 1]);
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(valueIn(text, name), name).toBeGreaterThan(0);
    }
  });

  test('the text is in the format of Prometheus', async ({ server }) => {
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

  test.for(['examples/monitoring/grafana-dashboard.json', 'examples/monitoring/alerts.yml', 'docs/deployment.md'])(
    'every metric that %s uses exists',
    async (file, { server }) => {
      const text = await textOf(server);
      const asked = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').match(
        /\b(fieldgate|nodejs)_[a-z0-9_]*[a-z]\b/g,
      );
      for (const name of new Set(asked)) {
        expect(text, name).toMatch(new RegExp(`^# TYPE ${name.replace(/_(?:bucket|sum|count)$/, '')} `, 'm'));
      }
    },
  );
});

describe('where metrics are served', () => {
  test('METRICS_PORT serves metrics on its own port and on no other', async () => {
    const server = await startServer({ METRICS_PORT: '0' });
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

  test('production without METRICS_PORT serves no metrics', async () => {
    const server = await startServer(productionEnv);
    expect([server.metricsUrl, (await server.fetch('/metrics')).status]).toEqual([null, 404]);
  });

  test('without METRICS_PORT the public port serves metrics to this machine alone', async () => {
    const fieldgate = await createFieldgate({ env: { DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent' } });
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

  test('METRICS_PORT must not be PORT', async () => {
    await expect(startServer({ PORT: '4711', METRICS_PORT: '4711' })).rejects.toThrow('METRICS_PORT');
  });
});

const missing = await redisMissing();

describe.skipIf(missing !== null)('metrics of an outage', () => {
  test('L06: a lost Redis server shows in the events, the metrics and /ready, and not in /health', async () => {
    const redis = await redisServer();
    const server = await startServer({ REDIS_URL: redis.url });
    const { accessToken } = await signup(server);
    await redis.drop();
    const answer = await server.gql('{ me { id } }', { token: accessToken });
    expect([answer.status, answer.codes]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
    const text = await textOf(server);
    expect(valueIn(text, 'fieldgate_store_up{store="redis"}')).toBe(0);
    expect(valueIn(text, 'fieldgate_store_up{store="database"}')).toBe(1);
    expect(valueIn(text, 'fieldgate_ready')).toBe(0);
    expect(valueIn(text, 'fieldgate_store_failures_total{store="sessions",verb="check"}')).toBeGreaterThan(0);
    expect(server.logLines().filter(({ event }) => event === 'store.failing')).toHaveLength(1);
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

  test('does not show the metrics to a page of another name', async () => {
    const server = await startServer({ METRICS_PORT: '0' });
    const other = await startServer();
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
