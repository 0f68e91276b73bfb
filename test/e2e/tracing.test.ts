import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFieldgate } from '../../src/boot/fieldgate.ts';
import { type CollectedSpan, startCollector } from '../support/otlp-collector.ts';
import { send, startServerProcess, temporaryFolder } from '../support/process.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { adminEnv, goodPassword, login, refresh, signup, startServer, type TestServer } from '../support/server.ts';

/** The spans that a server has sent by the time it has stopped. */
const traced = async (
  act: (server: TestServer) => Promise<unknown>,
  env: Record<string, string> = {},
): Promise<readonly CollectedSpan[]> => {
  const collector = await startCollector();
  const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  await act(server).finally(server.stop);
  return collector.spans();
};

const requestsIn = (spans: readonly CollectedSpan[]) => spans.filter(({ kind }) => kind === 'server');

const childrenOf = (spans: readonly CollectedSpan[], { spanId, traceId }: CollectedSpan) =>
  spans.filter((span) => span.parentSpanId === spanId && span.traceId === traceId);

const only = (spans: readonly CollectedSpan[]): CollectedSpan => {
  const [span] = requestsIn(spans);
  if (!span || requestsIn(spans).length > 1) throw new Error(`not one request: ${JSON.stringify(spans)}`);
  return span;
};

const post = (server: TestServer, query: string, headers: Record<string, string> = {}) =>
  server.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });

const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;

describe('requests', () => {
  test('a request is one span, with the names and attributes of the conventions for HTTP and GraphQL', async () => {
    const span = only(await traced((server) => post(server, '{ hello }')));
    expect(span).toMatchObject({ name: 'POST /graphql', parentSpanId: '', isError: false });
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'url.path': '/graphql',
      'url.scheme': 'http',
      'graphql.operation.type': 'query',
      'fieldgate.graphql.outcome': 'ok',
    });
  });

  test('a request that is not GraphQL is a span too, without an unknown path or method', async () => {
    const spans = await traced(async (server) => {
      await server.fetch('/health?probe=ada');
      await server.fetch('/reset/ada@example.com', { method: 'PROPFIND' });
    });
    expect(requestsIn(spans).map(({ name }) => name)).toEqual(['GET /health', 'HTTP']);
    expect(requestsIn(spans)[1]?.attributes).toEqual({
      'http.request.method': '_OTHER',
      'http.response.status_code': 404,
      'url.scheme': 'http',
    });
  });

  test('a request continues the trace of its caller', async () => {
    const span = only(await traced((server) => post(server, '{ hello }', { traceparent, tracestate: 'v=ada' })));
    expect(span).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId, traceState: '' });
  });

  test('an invalid traceparent starts a new trace', async () => {
    const bad = `00-${caller.traceId}-0000000000000000-01`;
    const span = only(await traced((server) => post(server, '{ hello }', { traceparent: bad })));
    expect(span.parentSpanId).toBe('');
    expect(span.traceId).not.toBe(caller.traceId);
  });

  test('the span of a request has the calls of the stores below it', async () => {
    const collector = await startCollector();
    const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const { accessToken } = await signup(server, 'ada@example.com');
    await post(server, '{ me { id } }', { authorization: `Bearer ${accessToken}` });
    await server.stop();
    const spans = collector.spans();
    const [signedUp, asked] = requestsIn(spans);
    if (!signedUp || !asked) throw new Error('two requests were sent');
    expect(childrenOf(spans, signedUp).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['accounts.create', 'sessions.start']),
    );
    const check = childrenOf(spans, asked).find(({ name }) => name === 'sessions.check');
    expect(check).toMatchObject({ kind: 'internal', isError: false });
    expect(check?.attributes).toEqual({ 'fieldgate.store': 'sessions', 'fieldgate.store.verb': 'check' });
    expect(spans.filter(({ kind, parentSpanId }) => kind !== 'server' && parentSpanId === '')).toEqual([]);
  });

  test('the line of a request in the log has its trace id', async () => {
    const collector = await startCollector();
    const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await post(server, '{ hello }', { traceparent });
    await server.stop();
    expect(server.logLines().filter(({ msg }) => msg === 'request')).toMatchObject([{ traceId: caller.traceId }]);
  });

  test('a request through `fetch` is a span too, within the active span of the host', async () => {
    const collector = await startCollector();
    const fieldgate = await createFieldgate({
      env: { DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    const ask = () =>
      fieldgate.fetch(
        new Request('https://api.example.com/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', traceparent },
          body: '{"query":"{ hello }"}',
        }),
      );
    await ask();
    const outer = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    context.setGlobalContextManager(alwaysWithin(outer));
    onTestFinished(() => context.disable());
    await ask();
    await fieldgate.close();
    const [alone, mounted] = requestsIn(collector.spans());
    expect(alone).toMatchObject({ name: 'POST /graphql', parentSpanId: caller.spanId });
    expect(alone?.attributes).toMatchObject({ 'url.scheme': 'https', 'graphql.operation.type': 'query' });
    expect(mounted).toMatchObject({ traceId: outer.traceId, parentSpanId: outer.spanId });
  });
});

const alwaysWithin = (outer: Parameters<typeof trace.setSpanContext>[1]) => {
  const active = trace.setSpanContext(ROOT_CONTEXT, outer);
  const manager = {
    active: () => active,
    with: <Given extends unknown[], Result>(
      _context: unknown,
      run: (...given: Given) => Result,
      _it?: unknown,
      ...given: Given
    ) => run(...given),
    bind: <Target>(_context: unknown, target: Target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
};

const missing = await redisMissing();

describe('errors', () => {
  test('an error of the caller is no error of the span', async () => {
    const span = only(await traced((server) => post(server, '{ me { id } }')));
    expect(span).toMatchObject({ isError: false });
    expect(span.attributes).toMatchObject({
      'http.response.status_code': 401,
      'fieldgate.graphql.outcome': 'unauthenticated',
    });
  });

  test.skipIf(missing !== null)('an error of a store marks its own span and the request', async () => {
    const redis = await redisServer();
    const spans = await traced(
      async (server) => {
        const { accessToken } = await signup(server);
        await redis.drop();
        await post(server, '{ me { id } }', {
          authorization: `Bearer ${accessToken}`,
          accept: 'application/json',
        });
      },
      { REDIS_URL: redis.url },
    );
    const [, request] = requestsIn(spans);
    if (!request) throw new Error('two requests were sent');
    expect(request).toMatchObject({ isError: true, attributes: { 'error.type': 'service_unavailable' } });
    const check = childrenOf(spans, request).find(({ name }) => name === 'sessions.check');
    expect(check).toMatchObject({ isError: true, attributes: { 'error.type': 'service_unavailable' } });
  });
});

test('L03: no secret and no text of a caller is in any span', async () => {
  const collector = await startCollector();
  const server = await startServer({
    ...{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` },
    ...{ OTEL_EXPORTER_OTLP_HEADERS: 'x-key=the%20key%20of%20the%20collector', BASIC_AUTH: 'on', ...adminEnv },
  });
  const email = 'ada.lovelace@example.com';
  const grant = await signup(server, email);
  await login(server, email, 'a wrong one, typed by somebody');
  await refresh(server, grant.refreshToken);
  const key = await server.gql(
    'mutation { createApiKey(input: { name: "nightly", scopes: ["account:read"] }) { secret } }',
    {
      token: grant.accessToken,
    },
  );
  const { secret } = key.data.createApiKey;
  const basic = `Basic ${Buffer.from(`${email}:${goodPassword}`).toString('base64')}`;
  await post(server, `query Byron { annabella: me { id } }`, { 'x-api-key': secret, 'user-agent': 'engine/1' });
  await post(server, `{ me { id } }`, { authorization: basic, 'x-request-id': 'chosen-by-her' });
  await post(server, `{ user(id: "milbanke") { id } }`, { authorization: `Bearer ${grant.accessToken}` });
  await server.fetch(`/${secret}`);
  await server.fetch(`/graphql?access_token=${grant.accessToken}`);
  await server.fetch('/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', username: email, password: goodPassword }),
  });
  await server.stop();
  expect(requestsIn(collector.spans()).length).toBeGreaterThanOrEqual(10);
  const bytes = collector.bytes();
  const written = [
    goodPassword,
    'typed by somebody',
    email,
    'ada.lovelace',
    'nightly',
    'Byron',
    'annabella',
    'milbanke',
  ];
  const carried = ['engine/1', 'chosen-by-her', 'the key of the collector', basic.slice(6), 'hello', '127.0.0.1'];
  const credentials = [grant.accessToken, grant.accessToken.split('.')[2] ?? '', grant.refreshToken, secret];
  const ids = [grant.user.id, grant.session.id];
  for (const text of [...written, ...carried, ...credentials, ...ids]) expect(bytes).not.toContain(text);
  expect(collector.requests[0]?.headers).toMatchObject({ 'x-key': 'the key of the collector' });
}, 30_000);

describe('the environment', () => {
  const hello = (server: TestServer) => server.gql('{ hello }');

  test('the environment names the service and its attributes', async () => {
    expect(only(await traced(hello)).resource).toMatchObject({ 'service.name': 'fieldgate' });
    const env = { OTEL_SERVICE_NAME: 'gate', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment=a%20b' };
    expect(only(await traced(hello, env)).resource).toMatchObject({ 'service.name': 'gate', deployment: 'a b' });
  });

  test.each([
    ['always_off', {}, 0],
    ['traceidratio', { OTEL_TRACES_SAMPLER_ARG: '0' }, 0],
    ['traceidratio', { OTEL_TRACES_SAMPLER_ARG: '1.0' }, 1],
    ['parentbased_always_off', {}, 1],
    ['parentbased_traceidratio', { OTEL_TRACES_SAMPLER_ARG: '0.0' }, 1],
  ])('the sampler %s with %o keeps %i of the traces that a caller samples', async (sampler, more, kept) => {
    const act = (server: TestServer) => post(server, '{ hello }', { traceparent });
    expect(requestsIn(await traced(act, { OTEL_TRACES_SAMPLER: sampler, ...more }))).toHaveLength(kept);
  });

  test.each([{ OTEL_SDK_DISABLED: 'TRUE' }, { OTEL_TRACES_EXPORTER: 'none' }])(
    '%o switches tracing off',
    async (env) => {
      expect(await traced(hello, env)).toEqual([]);
    },
  );

  test('F33: invalid variables stop the start, which names every one of them and no value', async () => {
    const start = startServer({
      ...{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317', OTEL_TRACES_SAMPLER: 'some' },
      ...{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_HEADERS: 'secret', OTEL_TRACES_SAMPLER_ARG: '2' },
      ...{ OTEL_RESOURCE_ATTRIBUTES: 'a=%', LOG_LEVEL: 'loud' },
    });
    const { message } = await start.then(
      () => new Error('it started'),
      (error: Error) => error,
    );
    expect(
      message
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual([
      ...['LOG_LEVEL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
      ...['OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
    ]);
    expect(message).not.toContain('secret');
    await expect(startServer({ OTEL_TRACES_EXPORTER: 'zipkin' })).rejects.toThrow(
      'OTEL_TRACES_EXPORTER must be one of otlp, none.',
    );
  });
});

describe('the server process', () => {
  /** Writes to stderr which modules of OpenTelemetry are loaded. */
  const spy = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => {
      if (url.includes('@opentelemetry')) process.stderr.write('loaded ' + url + '\\n');
      return next(url, context);
    } });`)}`;

  const run = async (env: Record<string, string>) => {
    const server = await startServerProcess({ NODE_OPTIONS: `--import=${spy}`, ...env });
    await send(server.url, '{ hello }');
    await send(server.url, '{ hello }');
    server.child.kill('SIGTERM');
    return { exit: await server.exit, output: server.output() };
  };

  test('the process loads nothing of OpenTelemetry unless tracing is on', async () => {
    const { exit, output } = await run({});
    expect(exit.code).toBe(0);
    expect(output).not.toContain('@opentelemetry');
  });

  test('SIGTERM sends the spans that wait', async () => {
    const collector = await startCollector();
    const { exit, output } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(exit.code).toBe(0);
    expect(output).toContain('loaded ');
    expect(requestsIn(collector.spans()).filter(({ name }) => name === 'POST /graphql')).toHaveLength(2);
    expect(collector.requests.every(({ path }) => path === '/v1/traces')).toBe(true);
  });
});
