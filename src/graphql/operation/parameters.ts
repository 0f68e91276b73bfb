import { GraphQLError } from 'graphql';
import { isWellFormed } from '../../domain/well-formed.ts';

/** The parameters of GraphQL over HTTP §5, from a JSON body or a query string. */
export type GraphQLParams = {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
};

const names: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** Returns the parameters of a JSON body, or the error to answer with. */
export const parseJsonBody = (body: string): GraphQLParams | GraphQLError => {
  const parsed = parseJson(body);
  if (parsed === undefined) return badRequest('The body is not JSON.');
  if (parsed === malformed) return badText('body');
  if (Array.isArray(parsed)) return badRequest('Batching is off: send one operation per request.');
  if (!isObject(parsed)) return badRequest('The body has to be a JSON object with "query".');
  const unknown = Object.keys(parsed).find((name) => !names.has(name) && parsed[name] !== null);
  if (unknown !== undefined) return badRequest(`The body may have ${[...names].join(', ')} and nothing else.`);
  return parseParams(parsed);
};

/** Returns the parameters of the query string of a GET request, or the error to answer with. An empty one counts as absent. */
export const parseQueryString = (search: string): GraphQLParams | GraphQLError => {
  const given = new URLSearchParams(search);
  const textOf = (name: string): string | null => given.get(name) || null;
  const jsonOf = (name: string): unknown => {
    const text = textOf(name);
    return text === null ? null : parseJson(text);
  };
  const [variables, extensions] = [jsonOf('variables'), jsonOf('extensions')];
  if (variables === undefined) return badRequest('"variables" is not JSON.');
  if (extensions === undefined) return badRequest('"extensions" is not JSON.');
  if (variables === malformed) return badText('variables');
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

/** A request that is not well formed is 400 in every media type (GraphQL over HTTP §6.4.1), so without `spec`. */
const badRequest = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Half a surrogate pair cannot be written as UTF-8: stored, it would come back as another text. */
const badText = (where: string): GraphQLError =>
  new GraphQLError(`The ${where} holds text that is not well-formed Unicode: half a surrogate pair.`, {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });

const malformed = Symbol('text that is not well-formed');

/** An escape of half a surrogate pair. In bytes that are UTF-8 there is no other way to write one. */
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
