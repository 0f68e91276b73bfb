import { AppError } from '../../domain/errors.ts';
import { decodeFormText } from '../../domain/form-encoding.ts';
import { isWellFormed } from '../../domain/well-formed.ts';

/** The parameters of a request, each once and never empty. */
export type FormParams = ReadonlyMap<string, string>;

/** The parameters of all endpoints. In a URL they would end up in logs and histories (RFC 6749 §2.3.1). */
const names = [
  ...['grant_type', 'username', 'password', 'refresh_token', 'scope'],
  ...['client_id', 'client_secret', 'token', 'token_type_hint'],
] as const;

/**
 * Reads the parameters of a form (RFC 6749 appendix B): `application/x-www-form-urlencoded`, UTF-8. Rejects with INVALID_REQUEST
 * for any other body, for bytes or escapes that are not UTF-8, for a repeated parameter (§3.2), and for a parameter in the URL.
 */
export const readForm = async (request: Request): Promise<FormParams> => {
  rejectUrlParameters(request);
  if (!isForm(request)) throw invalidRequest('Send the parameters as application/x-www-form-urlencoded, in UTF-8.');
  const parameters = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of (await readText(request)).split('&').filter(Boolean)) {
    const [name, value] = splitPair(pair);
    if (seen.has(name)) throw invalidRequest('A parameter is repeated. Send each one once.');
    seen.add(name);
    // RFC 6749 §3.2: a parameter without a value counts as omitted.
    if (value !== '') parameters.set(name, value);
  }
  return parameters;
};

/** Reads a sign-in as JSON, with the parameters of the password grant: `{ "username": …, "password": … }`. */
export const readJsonSignIn = async (request: Request): Promise<FormParams> => {
  rejectUrlParameters(request);
  const body = parseObject(await readText(request));
  const { username, password, grant_type: grantType = 'password' } = body;
  if (grantType !== 'password' || typeof username !== 'string' || typeof password !== 'string') {
    throw invalidRequest('A JSON body takes username and password, both strings. Send other grants as a form.');
  }
  // Read as U+FFFD it would be another password, one that an account may have.
  if (!isWellFormed([username, password]))
    throw invalidRequest('A text contains a lone surrogate. Send well-formed Unicode.');
  const named = { grant_type: grantType, username, password };
  return new Map(Object.entries(named).filter(([, value]) => value !== ''));
};

export const isJson = (request: Request): boolean => mediaType(request) === 'application/json';

/** Returns the value of a required parameter. Errors: INVALID_REQUEST. */
export const required = (parameters: FormParams, name: (typeof names)[number]): string => {
  const value = parameters.get(name);
  if (value === undefined) throw invalidRequest(`The parameter ${name} is missing.`);
  return value;
};

export const invalidRequest = (message: string): AppError => new AppError('INVALID_REQUEST', {}, message);

const rejectUrlParameters = (request: Request): void => {
  const { searchParams } = new URL(request.url);
  if (names.some((name) => searchParams.has(name))) {
    throw invalidRequest('Send the parameters in the body: URLs end up in logs and histories.');
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
    throw invalidRequest('The body is not UTF-8. Encode it as UTF-8.');
  }
};

const splitPair = (pair: string): readonly [name: string, value: string] => {
  const at = pair.indexOf('=');
  const name = decodeFormText(at === -1 ? pair : pair.slice(0, at));
  const value = at === -1 ? '' : decodeFormText(pair.slice(at + 1));
  if (name === null || value === null)
    throw invalidRequest('An escape in the body is not UTF-8. Percent-encode the bytes of UTF-8.');
  return [name, value];
};

const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Reported below: the parser's message would quote the body.
  }
  throw invalidRequest('The body is not a JSON object. Send one with username and password.');
};
