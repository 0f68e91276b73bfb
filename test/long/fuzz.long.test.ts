import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createRandom, mutate, type Random } from '../support/fuzz/random.ts';
import { type FuzzContext, type FuzzRequest, randomRequest } from '../support/fuzz/requests.ts';
import {
  goodPassword,
  loginMutation,
  type ServerProcess,
  send,
  signupMutation,
  startServerProcess,
} from '../support/process.ts';
import { statusesIn } from '../support/raw-http.ts';

/** The same seed sends the same requests; only tokens and times differ. `FUZZ_SEED=2` tries others. */
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
/** `FUZZ_REQUESTS=100000` takes some five minutes. */
const requests = Number(process.env['FUZZ_REQUESTS'] ?? 40_000);
const brokenRequests = Math.ceil(requests / 50);
/** Fewer than the hash queue takes, so that no sign-in is refused as one too many: every 503 is a fault here. */
const connections = 16;
/** New tokens after this many requests: some of them sign out or change a password. */
const renewEvery = 5_000;

const env = {
  RATE_LIMIT_LOGIN: '400/1h',
  RATE_LIMIT_SIGNUP: '100/1h',
  BASIC_AUTH: 'on',
  ADMIN_EMAIL: 'root@example.com',
  ADMIN_PASSWORD: goodPassword,
  OAUTH_GITHUB_CLIENT_ID: 'client',
  OAUTH_GITHUB_CLIENT_SECRET: 'secret of the client at GitHub',
  OAUTH_RETURN_URLS: 'http://localhost:4000/signed-in',
};

const apiKeyMutation = 'mutation { createApiKey(input: { name: "k", scopes: ["*"] }) { secret apiKey { id } } }';
const clientMutation =
  'mutation { createServiceClient(input: { name: "c", scopes: ["account:read"] }) { secret client { id } } }';

/** Signs two accounts in, and returns all that a caller of theirs could send. Later calls may find the accounts changed: then less. */
const readKnown = async ({ url }: ServerProcess, round: number): Promise<readonly string[]> => {
  const ada = (await send(url, signupMutation, { email: `ada${round}@example.com` })).data?.signup;
  const root = (await send(url, loginMutation, { email: env.ADMIN_EMAIL })).data?.login;
  const key = (await send(url, apiKeyMutation, {}, ada?.accessToken)).data?.createApiKey;
  const client = (await send(url, clientMutation, {}, root?.accessToken)).data?.createServiceClient;
  const { accessToken, refreshToken, user, session } = ada ?? {};
  return [
    ...[accessToken, accessToken, refreshToken, user?.id, user?.email, session?.id, key?.secret, key?.apiKey.id],
    ...[root?.accessToken, client?.secret, client?.client.id, goodPassword, 'account:read', '10'],
  ].filter((value) => typeof value === 'string');
};

const readSchema = async ({ url }: ServerProcess) => buildClientSchema((await send(url, getIntrospectionQuery())).data);

type Answered = { readonly status: number; readonly body: string };

/** Status 0: the connection ended without an answer. */
const sendRequest = (port: number, agent: Agent, { method, path, headers, body }: FuzzRequest): Promise<Answered> =>
  new Promise((resolve) => {
    // Said here, because node:http does not say it for DELETE, and the body would be read as the next request.
    const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
    const target = { host: '127.0.0.1', port, agent, method, path, headers: { ...headers, ...length } };
    const sent = request({ ...target, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('close', () => resolve({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
    sent.on('error', (error: NodeJS.ErrnoException) => resolve({ status: 0, body: String(error.code ?? error) }));
    sent.end(body);
  });

/** Runs numbered work, some of it at once. */
const inParallel = async (count: number, work: (number: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) await work(number);
  };
  await Promise.all(Array.from({ length: connections }, worker));
};

/** No answer of the server may say that the server is at fault. 501 is what a WebSocket handshake gets. */
const isFault = (status: number): boolean => status >= 500 && status !== 501;

const residentMB = ({ child }: ServerProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1_024;

/** What is wrong with the log: lines at error level, and more lines than requests make. */
const logProblems = (server: ServerProcess, sent: number): readonly string[] => {
  const lines = server.output().split('\n').filter(Boolean);
  const errors = lines.filter((line) => !/"level":"(?:debug|info|warn)"/.test(line));
  const warnings = lines.filter((line) => line.includes('"level":"warn"'));
  const bytes = server.output().length;
  return [
    ...errors.slice(0, 5),
    ...(warnings.length > 300 ? [`${warnings.length} warnings`, ...warnings.slice(0, 5)] : []),
    ...(lines.length > 2.5 * sent + 1_000 ? [`${lines.length} lines for ${sent} requests`] : []),
    ...(bytes > 1_000 * sent + 1_000_000 ? [`${bytes} bytes of log for ${sent} requests`] : []),
  ];
};

const expectHealthy = async (server: ServerProcess, sent: number): Promise<void> => {
  expect(logProblems(server, sent)).toEqual([]);
  expect(server.child.exitCode).toBeNull();
  expect((await send(server.url, '{ hello }')).data.hello).toEqual(expect.any(String));
};

const toBytes = ({ method, path, headers, body }: FuzzRequest): string =>
  [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

const brokenBytes = (random: Random, context: FuzzContext): string => {
  const whole = toBytes(randomRequest(random, context));
  const headers = whole.slice(0, whole.indexOf('\r\n\r\n'));
  const odd = random.pick([
    () => mutate(random, headers) + whole.slice(headers.length),
    () =>
      whole.replace(
        '\r\n',
        `\r\n${random.pick(['Transfer-Encoding: chunked', 'Content-Length: 1', 'Expect: x', 'Connection: ,'])}\r\n`,
      ),
    () => whole.replace('HTTP/1.1', random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', ''])),
    () => whole.slice(0, random.below(whole.length)),
    () => whole + whole,
    () => mutate(random, mutate(random, whole)),
  ]);
  return odd();
};

/** Every status that the server sends until it closes the connection, or says nothing for a moment. */
const sendBytes = (port: number, text: string): Promise<readonly number[]> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setTimeout(400, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(statusesIn(answer)));
    socket.end(text, 'latin1');
  });

describe('requests that nobody thought of', () => {
  test(`${requests} requests with seed ${seed}: none is the fault of the server, and log and memory stay within bounds`, {
    timeout: 900_000,
  }, async () => {
    const server = await startServerProcess(env);
    const port = Number(new URL(server.url).port);
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const schema = await readSchema(server);
    let known = await readKnown(server, 0);
    const faults: unknown[] = [];
    const statuses = new Map<number, number>();
    let megabytesHalfway = 0;
    await inParallel(requests, async (number) => {
      if (number % renewEvery === renewEvery - 1) known = await readKnown(server, number);
      if (number === requests / 2) megabytesHalfway = residentMB(server);
      const made = randomRequest(createRandom(seed, number), { schema, known });
      const { status, body } = await sendRequest(port, agent, made);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (isFault(status) && faults.length < 5) faults.push({ number, status, answer: body, ...made });
    });
    agent.destroy();
    expect(faults).toEqual([]);
    await expectHealthy(server, requests);
    // Enough of them reached each stage.
    for (const status of [200, 400, 401, 403, 404, 405, 406, 415]) {
      expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(requests / 5_000);
    }
    // A body that is refused closes its connection, which the next request may have taken already.
    expect(statuses.get(0) ?? 0).toBeLessThan(requests / 100);
    expect(residentMB(server)).toBeLessThan(Math.max(400, megabytesHalfway + 150));
  });

  test(`${brokenRequests} connections of broken HTTP with seed ${seed}: none gets an answer of 5xx`, {
    timeout: 300_000,
  }, async () => {
    const server = await startServerProcess(env);
    const port = Number(new URL(server.url).port);
    const context = { schema: await readSchema(server), known: await readKnown(server, 0) };
    const faults: unknown[] = [];
    await inParallel(brokenRequests, async (number) => {
      const text = brokenBytes(createRandom(seed + 1, number), context);
      const statuses = await sendBytes(port, text);
      if (statuses.some(isFault) && faults.length < 5) faults.push({ number, statuses, text });
    });
    expect(faults).toEqual([]);
    await expectHealthy(server, brokenRequests);
  });
});
