import { isUtf8 } from 'node:buffer';
import type { GraphQLError } from 'graphql';
import { isDecodable } from '../../domain/form-encoding.ts';
import { isWellFormed } from '../../domain/well-formed.ts';
import { requestError } from './result.ts';

/** The parameters of GraphQL over HTTP §5, from a JSON body or a query string. */
export type GraphQLParams = {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
};

const names: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** How clients name a document that they do not send (trusted documents, Relay). */
const idNames = ['documentId', 'doc_id'] as const;

/** Returns the parameters of a JSON body, or the error to answer with. */
export const parseJsonBody = (body: Buffer | null): GraphQLParams | GraphQLError => {
  if (body === null || !isUtf8(body)) return badRequest('The body is not UTF-8.');
  const parsed = parseJson(body.toString());
  if (parsed === undefined) return badRequest('The body is not JSON.');
  if (parsed === malformed) return badText('body');
  if (Array.isArray(parsed)) return batchRefused(parsed.length);
  if (!isObject(parsed)) return badRequest('The body has to be a JSON object with "query".');
  if (typeof parsed['query'] !== 'string' && namesDocument(parsed)) return persistedQueryRefused();
  for (const name in parsed) {
    if (!names.has(name) && parsed[name] !== null) {
      return badRequest(`The body may have ${[...names].join(', ')} and nothing else.`);
    }
  }
  return parseParams(parsed);
};

/** Returns the parameters of the query string of a GET request, or the error to answer with. An empty one counts as absent. */
export const parseQueryString = (search: string): GraphQLParams | GraphQLError => {
  if (!isDecodable(search)) return badRequest('An escape in the URL is not UTF-8. Percent-encode the bytes of UTF-8.');
  const given = new URLSearchParams(search);
  for (const name of given.keys()) {
    if (names.has(name) && given.getAll(name).length > 1)
      return badRequest(`"${name}" is in the URL twice. Send it once.`);
  }
  const textOf = (name: string): string | null => given.get(name) || null;
  const jsonOf = (name: string): unknown => {
    const text = textOf(name);
    return text === null ? null : parseJson(text);
  };
  const [variables, extensions] = [jsonOf('variables'), jsonOf('extensions')];
  if (variables === undefined) return badRequest('"variables" is not JSON.');
  if (extensions === undefined) return badRequest('"extensions" is not JSON.');
  if (variables === malformed) return badText('variables');
  const named = Object.fromEntries(idNames.map((name) => [name, textOf(name)]));
  if (namesDocument({ ...named, query: textOf('query'), extensions })) return persistedQueryRefused();
  return parseParams({ query: textOf('query'), operationName: textOf('operationName'), variables, extensions });
};

const parseParams = (given: Readonly<Record<string, unknown>>): GraphQLParams | GraphQLError => {
  const { query = null, operationName = null, variables = null, extensions = null } = given;
  if (query === null) return badRequest('"query" is missing.');
  if (typeof query !== 'string') return badRequest('"query" has to be a string.');
  if (operationName !== null && typeof operationName !== 'string') {
    return badRequest('"operationName" has to be a string or null.');
  }
  if (variables !== null && !isObject(variables)) return badRequest('"variables" has to be an object or null.');
  if (extensions !== null && !isObject(extensions)) return badRequest('"extensions" has to be an object or null.');
  return { query, operationName, variables: variables ?? {} };
};

/** Whether a request names a document by its id or its hash, and does not send its text. */
const namesDocument = ({ query = null, extensions, ...others }: Readonly<Record<string, unknown>>): boolean =>
  query === null &&
  ((isObject(extensions) && isObject(extensions['persistedQuery'])) ||
    idNames.some((name) => typeof others[name] === 'string'));

/** Clients know this message and code, and send the text instead. Those of phones read the body of a 200 only. */
const persistedQueryRefused = (): GraphQLError =>
  requestError('PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED', {
    spec: true,
    status: 404,
    prefersJson: true,
  });

/** Beyond this many entries a batch is answered as one request: the answer must not be larger than what was sent. */
const maxEntries = 50;

/** A client that batches expects one answer for each entry. */
const batchRefused = (entries: number): GraphQLError =>
  requestError('Batching is off: send one operation per request.', 'BATCHING_NOT_SUPPORTED', {
    status: 400,
    ...(entries > 0 && entries <= maxEntries ? { entries } : {}),
  });

/** A request that is not well formed is 400 in every media type (GraphQL over HTTP §6.4.1), so without `spec`. */
const badRequest = (message: string): GraphQLError => requestError(message, 'BAD_REQUEST', { status: 400 });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A lone surrogate cannot be written as UTF-8: stored, it would come back as another text. */
const badText = (where: string): GraphQLError =>
  requestError(`The ${where} contains a lone surrogate. Send well-formed Unicode.`, 'BAD_USER_INPUT', {
    status: 400,
  });

const malformed = Symbol('text that is not well-formed');

/** The escape of a surrogate. In bytes that are UTF-8 there is no other way to write one. */
const surrogateEscape = /\\u[dD][89a-fA-F]/;

/** Undefined, which no JSON stands for, where the text is not JSON. The parser's own message would quote the text. */
const parseJson = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return surrogateEscape.test(text) && !isWellFormed(value) ? malformed : value;
  } catch {
    return undefined;
  }
};
