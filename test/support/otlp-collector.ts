import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

export type CollectedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root span. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'other';
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, string | number>>;
};

type Answer = { readonly status: number; readonly echo?: boolean };

/** A collector of traces by OTLP over HTTP. It answers as given, or never for null. */
export const startCollector = async (answer: Answer | null = { status: 200 }) => {
  const requests: { path: string; headers: Readonly<Record<string, unknown>>; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
      if (answer) response.writeHead(answer.status).end(answer.echo ? JSON.stringify(request.headers) : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    spans: (): readonly CollectedSpan[] => requests.flatMap(({ body }) => spansOf(body)),
    /** Everything that was received, as text. */
    bytes: (): string => requests.map(({ body }) => body.toString('latin1')).join('\n'),
  };
};

/** ExportTraceServiceRequest of opentelemetry-proto 1; the numbers are those of its fields. */
const spansOf = (body: Buffer): readonly CollectedSpan[] =>
  messages(body, 1).flatMap((resourceSpans) => {
    const resource = attributesIn(messages(resourceSpans, 1)[0] ?? Buffer.alloc(0), 1);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({ ...toSpan(span), resource }));
  });

const toSpan = (span: Buffer): Omit<CollectedSpan, 'resource'> => ({
  traceId: messages(span, 1)[0]?.toString('hex') ?? '',
  spanId: messages(span, 2)[0]?.toString('hex') ?? '',
  traceState: messages(span, 3)[0]?.toString() ?? '',
  parentSpanId: messages(span, 4)[0]?.toString('hex') ?? '',
  name: messages(span, 5)[0]?.toString() ?? '',
  kind: numberIn(span, 6) === 1 ? 'internal' : numberIn(span, 6) === 2 ? 'server' : 'other',
  attributes: attributesIn(span, 9),
  isError: numberIn(messages(span, 15)[0] ?? Buffer.alloc(0), 3) === 2,
});

const attributesIn = (message: Buffer, field: number): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    messages(message, field).map((pair) => {
      const value = messages(pair, 2)[0] ?? Buffer.alloc(0);
      return [messages(pair, 1)[0]?.toString() ?? '', messages(value, 1)[0]?.toString() ?? numberIn(value, 3)];
    }),
  );

type Field = { readonly field: number; readonly value: Buffer | number };

const messages = (message: Buffer, field: number): readonly Buffer[] =>
  fieldsOf(message).flatMap((each) => (each.field === field && typeof each.value !== 'number' ? [each.value] : []));

const numberIn = (message: Buffer, wanted: number): number => {
  const found = fieldsOf(message).find(({ field }) => field === wanted)?.value;
  return typeof found === 'number' ? found : 0;
};

/** The wire format of Protocol Buffers: a tag of field and kind, then the value. Fixed-width numbers are passed over. */
const fieldsOf = (message: Buffer): readonly Field[] => {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [field, kind] = [Math.floor(tag / 8), tag % 8];
    if (kind === 0) fields.push({ field, value: varint() });
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = varint();
      fields.push({ field, value: message.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
};
