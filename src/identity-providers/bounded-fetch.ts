import type { CustomFetch } from 'openid-client';

/** The largest responses of providers (key sets of whole clouds) have some 20 KiB. */
const maxResponseBytes = 256 * 1024;

/** Fetches without following redirects, and reads at most `maxResponseBytes` of a response. */
export const boundedFetch: CustomFetch = async (url, { body, ...options }) => {
  const form = body instanceof URLSearchParams ? { body } : {}; // our requests have no other body
  const response = await fetch(url, { ...options, ...form, redirect: 'manual' });
  const { status, headers } = response;
  return new Response(await readBounded(response), { status, headers });
};

const readBounded = async ({ body }: Response): Promise<Blob | null> => {
  if (body === null) return null;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // An exception in the loop cancels the stream.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxResponseBytes) throw new Error('the response is too long');
    chunks.push(chunk);
  }
  return new Blob(chunks);
};
