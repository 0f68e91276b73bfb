import { fetchJson, requireSecureUrl } from './fetch-json.ts';

/** How to ask the issuer whether a token is still good (RFC 7662). */
export type IntrospectionOptions = {
  /** The credentials of this resource server at the issuer, sent as client_secret_basic. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default: the `introspection_endpoint` of the issuer's metadata. */
  readonly endpoint?: string;
  /** For how long an answer is used: how late a revocation may be noticed. Default: 10; 0 asks for each request. */
  readonly cacheSeconds?: number;
  /** How many answers are kept. Default: 10000. */
  readonly maxEntries?: number;
};

type Answer = { readonly isActive: Promise<boolean>; readonly askedAt: number };

/** RFC 6749 §2.3.1: both are form-encoded before they are joined. */
const formEncode = (text: string): string => new URLSearchParams({ a: text }).toString().slice(2);

/** Returns a function that asks whether a token is active. Requests for one token at the same time are one. */
export const createIntrospection = (
  options: IntrospectionOptions & { readonly timeoutMs: number },
  discover: () => Promise<URL | null>,
): ((token: string) => Promise<boolean>) => {
  const { clientId, clientSecret, endpoint, timeoutMs, cacheSeconds = 10, maxEntries = 10_000 } = options;
  if (clientId === '' || clientSecret === '') throw new TypeError('introspection needs clientId and clientSecret.');
  const fixed = endpoint === undefined ? null : requireSecureUrl(endpoint, 'introspection.endpoint');
  const authorization = `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
  const answers = new Map<string, Answer>();

  const ask = async (token: string): Promise<boolean> => {
    const url = fixed ?? (await discover());
    if (url === null) throw new Error('the issuer has no introspection_endpoint');
    const { active } = await fetchJson(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      timeoutMs,
    });
    if (typeof active !== 'boolean') throw new TypeError('active is neither true nor false');
    return active;
  };

  const keep = (token: string, isActive: Promise<boolean>): void => {
    const oldest = answers.keys().next();
    if (answers.size >= maxEntries && !oldest.done) answers.delete(oldest.value);
    answers.set(token, { isActive, askedAt: performance.now() });
    isActive.catch(() => answers.delete(token));
  };

  return (token) => {
    const known = answers.get(token);
    if (known && performance.now() - known.askedAt < cacheSeconds * 1000) return known.isActive;
    answers.delete(token);
    const isActive = ask(token);
    keep(token, isActive);
    return isActive;
  };
};
