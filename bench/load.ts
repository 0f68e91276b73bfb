/**
 * The load generator: HTTP/1.1 over plain sockets, keep-alive, one request in flight on each. Requests are built before they are
 * timed and answers are compared as bytes, so that the load costs a fraction of the cheapest server and leaves it a core.
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export type Answer = { readonly status: number; readonly body: Buffer };

export type Load = {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The next request of a connection. */
  readonly next: (connection: number) => Buffer;
  /** Says what is wrong with an answer; null if it is right. */
  readonly judge: (connection: number, answer: Answer) => string | null;
  /** A pause after each answer, for a light load. */
  readonly pauseMs?: number;
  /**
   * The load never sleeps, so that no server pays for waking it. On a virtual machine waking it costs the process that writes the
   * answer up to 20 µs: every server slower than the load would pay that, and the floor, which is faster, would not.
   */
  readonly awake?: boolean;
};

export type LoadResult = {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
};

const answerTimeoutMs = 20_000;

export type GraphQLBody = { readonly query: string; readonly variables?: unknown };

export const graphqlRequest = (body: GraphQLBody, token?: string): Buffer => {
  const text = JSON.stringify(body);
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Accept: application/json',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`);
};

/** A kept-alive connection that sends one request at a time. */
export type Connection = { readonly ask: (request: Buffer) => Promise<Answer>; readonly close: () => void };

export const connectTo = (port: number): Connection => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const ask = askOver(socket);
  socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
  return {
    ask: (request) => {
      socket.setTimeout(answerTimeoutMs);
      return ask(request).finally(() => socket.setTimeout(0));
    },
    close: () => socket.destroy(),
  };
};

/** Sends requests over a stream, one at a time. */
export const askOver = (stream: Duplex): Connection['ask'] => {
  let waiting: PromiseWithResolvers<Answer> | null = null;
  readAnswers(stream, (answer) => waiting?.resolve(answer));
  stream.once('error', (error) => waiting?.reject(error));
  stream.once('close', () => waiting?.reject(new Error('closed without an answer')));
  return (request) => {
    waiting = Promise.withResolvers();
    stream.write(request);
    return waiting.promise;
  };
};

/** One request on a connection of its own. */
export const post = async (port: number, body: GraphQLBody, token?: string): Promise<Answer> => {
  const { ask, close } = connectTo(port);
  return ask(graphqlRequest(body, token)).finally(close);
};

/** Drives a server for a time. Waits for the requests in flight at the end, so that every request that cost CPU is counted. */
export const drive = async (load: Load): Promise<LoadResult> => {
  const latencies: number[] = [];
  const errors: string[] = [];
  const startedAt = performance.now();
  const until = startedAt + load.seconds * 1000;
  const oneConnection = (connection: number) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
      socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error('no answer in time')));
      socket.once('error', (error) => errors.push(error.message));
      socket.once('close', () => {
        if (performance.now() < until) errors.push('the server closed a connection');
        resolve();
      });
      let sentAt = 0;
      const send = (): void => {
        if (performance.now() >= until) {
          socket.destroy();
          return;
        }
        const request = load.next(connection);
        sentAt = performance.now();
        socket.write(request);
      };
      readAnswers(socket, (answer) => {
        latencies.push(performance.now() - sentAt);
        const fault = load.judge(connection, answer);
        if (fault !== null) errors.push(fault);
        if (load.pauseMs === undefined) send();
        else setTimeout(send, load.pauseMs);
      });
      socket.once('connect', send);
    });
  const rest = load.awake ? stayAwake() : () => {};
  await Promise.all(Array.from({ length: load.connections }, (_, connection) => oneConnection(connection)));
  rest();
  const sorted = Float64Array.from(latencies).sort();
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  const seconds = (performance.now() - startedAt) / 1000;
  return { requests: sorted.length, seconds, errors, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
};

/** While an immediate is pending, Node polls the kernel without blocking. */
const stayAwake = (): (() => void) => {
  let next = setImmediate(function again() {
    next = setImmediate(again);
  });
  return () => clearImmediate(next);
};

/** Cuts what a stream receives into answers: with Content-Length, or chunked. */
const readAnswers = (stream: Duplex, onAnswer: (answer: Answer) => void): void => {
  let received: Buffer = Buffer.alloc(0);
  let needed = 0;
  stream.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (received.length < needed) return;
    const reading = readAnswer(received);
    needed = reading.kind === 'partial' ? reading.needed : 0;
    if (reading.kind === 'partial') return;
    received = received.subarray(reading.length);
    onAnswer(reading.answer);
  });
};

type Reading =
  | { readonly kind: 'partial'; readonly needed: number }
  | { readonly kind: 'whole'; readonly answer: Answer; readonly length: number };

const readAnswer = (bytes: Buffer): Reading => {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return { kind: 'partial', needed: 0 };
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + 4;
  const contentLength = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (contentLength !== undefined) {
    const end = start + Number(contentLength);
    if (bytes.length < end) return { kind: 'partial', needed: end };
    return { kind: 'whole', answer: { status, body: bytes.subarray(start, end) }, length: end };
  }
  return readChunked(bytes, start, status);
};

const readChunked = (bytes: Buffer, start: number, status: number): Reading => {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return { kind: 'partial', needed: 0 };
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return { kind: 'partial', needed: next };
    if (size === 0) return { kind: 'whole', answer: { status, body: Buffer.concat(chunks) }, length: next };
    chunks.push(bytes.subarray(lineEnd + 2, next - 2));
    at = next;
  }
};
