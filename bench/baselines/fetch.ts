/**
 * What `createFieldgate().fetch` and `.listener` cost beside handlers that only read the body and answer a constant with the same
 * headers. Measures the handlers of CASES in one process, without the kernel: the listener is asked through node:http, over a
 * pair of streams in memory.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import type { FetchCase } from '../baseline.ts';
import { caller, operations, password } from '../data.ts';
import { importCreateFieldgate } from '../from-ours.ts';
import { askOver } from '../load.ts';
import { oursEnv, signupMutation } from '../ours.ts';
import { type Contestant, measureInTurns } from './turns.ts';

type Handlers = {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly listener: RequestListener;
};

type Message = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

const endpoint = 'http://localhost/graphql';
const directory = mkdtempSync(join(tmpdir(), 'fieldgate-fetch-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

const postOf = (body: object, token?: string): Message => ({
  method: 'POST',
  url: endpoint,
  headers: {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  },
  body: JSON.stringify(body),
});

const messageOf = ({ operation }: FetchCase, token: string): Message => {
  if (operation === 'invalid') return postOf({ query: '{ hello' });
  if (operation === 'me') return postOf({ query: operations.me.query }, token);
  if (operation === 'public') return postOf({ query: operations.public.query });
  const headers = { accept: 'application/json' };
  return { method: 'GET', url: `${endpoint}?query=${encodeURIComponent(operations.public.query)}`, headers };
};

const toRequest = ({ url, ...init }: Message): Request => new Request(url, init);

const toBytes = ({ method, url, headers, body = '' }: Message): Buffer => {
  const { pathname, search } = new URL(url);
  const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  const head = Object.entries({ host: 'localhost', ...headers, ...length }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`${method} ${pathname}${search} HTTP/1.1`, ...head].join('\r\n')}\r\n\r\n${body}`);
};

/** Handlers that answer what ours has answered once, whatever they are asked. */
const emptyHandlers = async (answer: Response): Promise<Handlers> => {
  const { status } = answer;
  const headers = Object.fromEntries(answer.headers);
  const text = await answer.text();
  const length = Buffer.byteLength(text);
  return {
    fetch: async (request) => {
      await request.text();
      return new Response(text, { status, headers });
    },
    listener: (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.once('end', () => {
        Buffer.concat(chunks).toString();
        response.writeHead(status, { ...headers, 'content-length': length }).end(text);
      });
    },
  };
};

const askByFetch =
  ({ fetch }: Handlers, message: Message) =>
  async (): Promise<string> =>
    (await fetch(toRequest(message))).text();

const askByListener = ({ listener }: Handlers, message: Message) => {
  const server = createServer(listener);
  const [client, socket] = duplexPair();
  server.emit('connection', Object.assign(socket, { remoteAddress: '127.0.0.1' }));
  const ask = askOver(client);
  const bytes = toBytes(message);
  return async (): Promise<string> => (await ask(bytes)).body.toString();
};

type Opened = Handlers & { readonly token: string };

const open = async (root: string): Promise<Opened> => {
  const createFieldgate = await importCreateFieldgate(root);
  const env = { ...oursEnv(mkdtempSync(join(directory, 'data-'))), NODE_ENV: 'production', LOG_LEVEL: 'warn' };
  const { fetch, listener } = await createFieldgate(env);
  const variables = { input: { email: caller.email, password, name: caller.name } };
  const answer = await fetch(toRequest(postOf({ query: signupMutation, variables })));
  const { data } = await answer.json();
  return { fetch, listener, token: data.signup.accessToken };
};

const opened = new Map<string, Promise<Opened>>();

const contestantOf = async (wanted: FetchCase): Promise<Contestant> => {
  const { name, root, instance, way, isEmpty } = wanted;
  const key = `${instance} ${root}`;
  const ours = await (opened.get(key) ?? opened.set(key, open(root)).get(key));
  if (!ours) throw new RangeError('no such instance');
  const message = messageOf(wanted, ours.token);
  const answer = await ours.fetch(toRequest(message));
  const expected = await answer.clone().text();
  const handlers = isEmpty ? await emptyHandlers(answer) : ours;
  const askForText = (way === 'fetch' ? askByFetch : askByListener)(handlers, message);
  const ask = async (): Promise<void> => {
    const text = await askForText();
    if (text !== expected) throw new Error(`Not the answer of ${name}: ${text.slice(0, 200)}`);
  };
  return { name, ask };
};

const cases: readonly FetchCase[] = JSON.parse(process.env['CASES'] ?? '[]');
const contestants: Contestant[] = [];
for (const each of cases) contestants.push(await contestantOf(each));
process.stdout.write(JSON.stringify(await measureInTurns(contestants, Number(process.env['SECONDS']))), () =>
  process.exit(0),
);
