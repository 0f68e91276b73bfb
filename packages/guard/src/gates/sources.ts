import type { CredentialSource } from '../domain/authentication.ts';

type Properties = Readonly<Record<string, unknown>>;

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Properties)[name] : undefined;

/** The headers that a client of a WebSocket may send as properties of `connection_init`. */
const credentialHeaders: readonly string[] = ['authorization', 'x-api-key', 'cookie'];

/** Returns the request that a context keeps, as servers of this field name it. */
export const requestOf = (context: unknown): unknown => {
  for (const place of [context, propertyOf(context, 'extra'), propertyOf(context, 'reply')]) {
    const request = propertyOf(place, 'request') ?? propertyOf(place, 'req');
    if (typeof propertyOf(request, 'headers') === 'object') return request;
  }
  return null;
};

/** Reads the headers of a `Request` as well as those of Node's. Several headers of one name are joined by commas. */
export const headerOf = (headers: unknown, name: string): string | null => {
  const get = propertyOf(headers, 'get');
  const value: unknown = typeof get === 'function' ? get.call(headers, name) : propertyOf(headers, name);
  if (Array.isArray(value)) return value.join(name === 'cookie' ? '; ' : ', ');
  return typeof value === 'string' ? value : null;
};

/** Whether a request opened a WebSocket: then it outlives the credential that came with it. */
export const isUpgrade = (request: unknown): boolean =>
  headerOf(propertyOf(request, 'headers'), 'sec-websocket-key') !== null ||
  headerOf(propertyOf(request, 'headers'), 'upgrade') !== null;

/** What `connection_init` names: `authorization`, `x-api-key`, in any case, also inside `headers`. */
const presentedIn = (parameters: unknown): ReadonlyMap<string, string> => {
  const presented = new Map<string, string>();
  for (const place of [parameters, propertyOf(parameters, 'headers')]) {
    for (const [key, value] of Object.entries(typeof place === 'object' && place !== null ? place : {})) {
      const name = key.toLowerCase();
      if ((name !== 'authorization' && name !== 'x-api-key') || typeof value !== 'string' || value === '') continue;
      const known = presented.get(name);
      // Twice the same is one; two different ones are joined, as HTTP does, and ambiguous.
      presented.set(name, known === undefined || known === value ? value : `${known}, ${value}`);
    }
  }
  return presented;
};

/**
 * Returns where the credentials of an operation over a WebSocket are read: `connection_init` decides alone where it names
 * something, else the headers of the request that opened the socket. What is no credential is always theirs.
 */
export const connectionSource = (parameters: unknown, request: unknown): CredentialSource => {
  const presented = presentedIn(parameters);
  const headers = propertyOf(request, 'headers');
  return {
    header: (name) => {
      if (presented.size > 0 && credentialHeaders.includes(name)) return presented.get(name) ?? null;
      return headerOf(headers, name);
    },
  };
};

/** The default of `sourceOf`: what a context of this field's servers says of its request. */
export const sourceOfContext = (context: unknown): CredentialSource =>
  connectionSource(
    propertyOf(context, 'connectionParams') ?? propertyOf(context, '_connectionInit'),
    requestOf(context),
  );
