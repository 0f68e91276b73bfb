import { AppError } from '../../domain/errors.ts';

/** What a request asks for, each parameter once and never empty. */
export type FormParams = ReadonlyMap<string, string>;

/** Names that mean something to one of the endpoints. In a URL they would end up in logs and histories (RFC 6749 §2.3.1). */
const ours = [
  ...['grant_type', 'username', 'password', 'refresh_token', 'scope'],
  ...['client_id', 'client_secret', 'token', 'token_type_hint'],
];

/**
 * The parameters of a form (RFC 6749 appendix B): `application/x-www-form-urlencoded`, UTF-8. Throws INVALID_REQUEST for any
 * other body, for bytes or escapes that are not UTF-8, for a parameter that occurs twice (§3.2), and for one of ours in the URL.
 */
export const readForm = async (request: Request): Promise<FormParams> => {
  rejectUrlParameters(request);
  if (!isForm(request)) throw invalidRequest('Send the parameters as application/x-www-form-urlencoded, in UTF-8.');
  const parameters = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of (await readText(request)).split('&').filter(Boolean)) {
    const [name, value] = splitPair(pair);
    if (seen.has(name)) throw invalidRequest('A parameter occurs more than once.');
    seen.add(name);
    // A parameter without a value counts as left out.
    if (value !== '') parameters.set(name, value);
  }
  return parameters;
};

/** A sign-in as JSON, in the words of the password grant: `{ "username": …, "password": … }`. */
export const readJsonSignIn = async (request: Request): Promise<FormParams> => {
  rejectUrlParameters(request);
  const body = parseObject(await readText(request));
  const { username, password, grant_type: grantType = 'password' } = body;
  if (grantType !== 'password' || typeof username !== 'string' || typeof password !== 'string') {
    throw invalidRequest('As JSON only username and password are read, two texts. Other grants are sent as a form.');
  }
  const named = { grant_type: grantType, username, password };
  return new Map(Object.entries(named).filter(([, value]) => value !== ''));
};

export const isJson = (request: Request): boolean => mediaType(request) === 'application/json';

/** The value of a parameter that must be there. */
export const required = (parameters: FormParams, name: (typeof ours)[number]): string => {
  const value = parameters.get(name);
  if (value === undefined) throw invalidRequest('A required parameter is missing.');
  return value;
};

export const invalidRequest = (message: string): AppError => new AppError('INVALID_REQUEST', {}, message);

/** Undoes the encoding of forms; null for escapes that are not UTF-8. */
export const decodeFormText = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
};

const rejectUrlParameters = (request: Request): void => {
  const { searchParams } = new URL(request.url);
  if (ours.some((name) => searchParams.has(name))) {
    throw invalidRequest('Parameters belong in the body: a URL is kept in logs and histories.');
  }
};

const isForm = (request: Request): boolean => {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers.get('content-type') ?? '')?.[1];
  return mediaType(request) === 'application/x-www-form-urlencoded' && /^utf-?8$/i.test(charset ?? 'utf-8');
};

const mediaType = (request: Request): string =>
  (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const readText = async (request: Request): Promise<string> => {
  const bytes = await request.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidRequest('The body is not UTF-8.');
  }
};

const splitPair = (pair: string): readonly [name: string, value: string] => {
  const at = pair.indexOf('=');
  const name = decodeFormText(at === -1 ? pair : pair.slice(0, at));
  const value = at === -1 ? '' : decodeFormText(pair.slice(at + 1));
  if (name === null || value === null) throw invalidRequest('An escape in the body is not UTF-8.');
  return [name, value];
};

const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below: the parser's own words would quote the body.
  }
  throw invalidRequest('The body is not a JSON object.');
};
