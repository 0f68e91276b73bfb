/** Metadata and key sets are a few KiB. What is larger is not read to its end. */
const maxBytes = 256 * 1024;

const loopback: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Throws TypeError for a URL whose answer anybody on the way could write: http is for this machine only. */
export const requireSecureUrl = (text: string, what: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.includes(url.hostname));
  if (url === null || !isSecure) throw new TypeError(`${what} must be an https URL (http is for loopback only).`);
  if (url.username !== '' || url.password !== '') throw new TypeError(`${what} must not contain a password.`);
  return url;
};

/** Reads a body of at most 256 KiB. Throws for a longer one, without waiting for its end. */
export const readBounded = async (response: Response): Promise<string> => {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new RangeError('the answer is too long');
    }
    text += decoder.decode(value, { stream: true });
  }
};

export type FetchJsonOptions = RequestInit & { readonly timeoutMs: number };

/** Returns the JSON object at the URL. Rejects for any status but 200, redirects, a long answer, and anything else than an object. */
export const fetchJson = async (
  url: URL,
  { timeoutMs, ...init }: FetchJsonOptions,
): Promise<Readonly<Record<string, unknown>>> => {
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = { accept: 'application/json', ...init.headers };
  const response = await fetch(url, { ...init, headers, redirect: 'manual', signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the status is ${response.status}`);
  }
  const value: unknown = JSON.parse(await readBounded(response));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a JSON object');
  return value as Readonly<Record<string, unknown>>;
};
