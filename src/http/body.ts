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

/**
 * Reads a body of at most `limitBytes`. Refuses by the headers where they tell, else while reading, never after: an
 * announced length may lie and a chunked body announces none. A refused body is not read to its end.
 */
export const readBody = (request: IncomingMessage, limitBytes: number): Promise<Buffer | BodyRefusal> | BodyRefusal => {
  const { headers } = request;
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') return compressed;
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return otherCharset;
  if (Number(headers['content-length'] ?? 0) > limitBytes) return tooLarge;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      resolve(tooLarge);
    });
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', reject);
  });
};
