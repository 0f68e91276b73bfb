import type { IncomingMessage } from 'node:http';

/** A request body that is not read: the status to answer with, and the code for it. */
export type BodyRefusal = { readonly status: 400 | 408 | 413 | 415; readonly code: string; readonly message: string };

export const tooLarge: BodyRefusal = {
  status: 413,
  code: 'PAYLOAD_TOO_LARGE',
  message: 'The request body is larger than 100 KiB.',
};

const compressed: BodyRefusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'Compressed request bodies are not read.',
};

const otherCharset: BodyRefusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'Request bodies are read as UTF-8 only.',
};

type Reader = {
  readonly limitBytes: number;
  /** Called once, unless the request fails before it is whole. */
  readonly onBody: (body: Buffer | BodyRefusal) => void;
  readonly onError: (error: unknown) => void;
};

/**
 * Reads a body of at most `limitBytes`. Refuses by the headers where they tell, else while reading, never after: an
 * announced length may lie and a chunked body announces none. A refused body is not read to its end.
 * With functions to call rather than a promise, because every request comes through here.
 */
export const readBody = (request: IncomingMessage, { limitBytes, onBody, onError }: Reader): void => {
  const refusal = refusalByHeaders(request.headers, limitBytes);
  if (refusal) {
    onBody(refusal);
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = length <= limitBytes;
    length += chunk.length;
    if (length <= limitBytes) {
      chunks.push(chunk);
      return;
    }
    request.pause();
    if (wasWithin) onBody(tooLarge);
  });
  request.once('end', () => {
    if (length <= limitBytes) onBody(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  });
  request.once('error', onError);
};

const refusalByHeaders = (headers: IncomingMessage['headers'], limitBytes: number): BodyRefusal | null => {
  const { 'content-encoding': encoding, 'content-type': type = '', 'content-length': length } = headers;
  if (encoding !== undefined && encoding !== 'identity') return compressed;
  const charset = type.includes(';') ? /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1] : undefined;
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return otherCharset;
  return Number(length ?? 0) > limitBytes ? tooLarge : null;
};
