import type { IncomingMessage } from 'node:http';

/** The largest body of a request, in bytes. */
export const maxBodyBytes = 100 * 1024;

/** A request body that is not accepted: the status to answer with, and its code. */
export type BodyRefusal = { readonly status: 400 | 408 | 413 | 415; readonly code: string; readonly message: string };

export const isBodyRefusal = (body: Buffer | BodyRefusal | null): body is BodyRefusal =>
  body !== null && !Buffer.isBuffer(body);

export const tooLarge: BodyRefusal = {
  status: 413,
  code: 'PAYLOAD_TOO_LARGE',
  message: 'The request body may have at most 100 KiB.',
};

const compressed: BodyRefusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'Send the request body uncompressed.',
};

const otherCharset: BodyRefusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'Send the request body in UTF-8.',
};

type Reader = {
  /** Called once, unless the request fails before it is whole. */
  readonly onBody: (body: Buffer | BodyRefusal) => void;
  readonly onError: (error: unknown) => void;
};

/**
 * Reads a body of at most `maxBodyBytes`. Refuses by the headers where they say enough, else while reading: an
 * announced length may be wrong and a chunked body announces none. A refused body is not read to its end.
 * Callbacks rather than a promise, because every request passes here.
 */
export const readBody = (request: IncomingMessage, { onBody, onError }: Reader): void => {
  const { headers } = request;
  const refusal = refuseByHeaders(headers['content-encoding'], headers['content-type'], headers['content-length']);
  if (refusal) {
    onBody(refusal);
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = length <= maxBodyBytes;
    length += chunk.length;
    if (length <= maxBodyBytes) {
      chunks.push(chunk);
      return;
    }
    request.pause();
    if (wasWithin) onBody(tooLarge);
  });
  request.once('end', () => {
    if (length <= maxBodyBytes) onBody(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  });
  request.once('error', onError);
};

/** The refusal that shows in the headers already, or null. */
export const refuseByHeaders = (
  encoding: string | null | undefined,
  type: string | null | undefined,
  length: string | null | undefined,
): BodyRefusal | null => {
  if (encoding && encoding !== 'identity') return compressed;
  const charset = type?.includes(';') ? /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1] : undefined;
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return otherCharset;
  return Number(length ?? 0) > maxBodyBytes ? tooLarge : null;
};

/**
 * Returns what reads a header of a request by its lower-case name; null if it was not sent. Headers that came more than once are joined by
 * commas, also under a server that was not told to (`joinDuplicateHeaders`) and would keep the first: whoever can add a header would
 * decide who the caller is.
 */
export const headersOf = (request: IncomingMessage): ((name: string) => string | null) => {
  const { headers } = request;
  const single = (name: string): string | null => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  };
  if (isJoined(request) || request.rawHeaders.length === 2 * Object.keys(headers).length) return single;
  return (name) => (name === 'cookie' ? single(name) : (request.headersDistinct[name]?.join(', ') ?? null));
};

/** Node says so on each request, and its types do not. */
const isJoined = (request: IncomingMessage): boolean =>
  'joinDuplicateHeaders' in request && request.joinDuplicateHeaders === true;
