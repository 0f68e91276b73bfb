import type { CustomFetch } from 'openid-client';

/** The largest answers that providers give (key sets of whole clouds) are some 20 KiB. */
const largestAnswer = 256 * 1024;

/** Fetches without following redirects, and reads an answer no further than it may be long. */
export const boundedFetch: CustomFetch = async (url, { body, ...options }) => {
  const form = body instanceof URLSearchParams ? { body } : {}; // no request of ours has any other
  const response = await fetch(url, { ...options, ...form, redirect: 'manual' });
  const { status, headers } = response;
  return new Response(await readBounded(response), { status, headers });
};

const readBounded = async ({ body }: Response): Promise<Blob | null> => {
  if (body === null) return null;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largestAnswer) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return new Blob(chunks);
};
