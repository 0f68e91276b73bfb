import type { RequestContext } from '../context.ts';
import type { MediaType } from '../media-type.ts';

/** A GraphQL request in the form in which nearly all of them come. */
export type StraightRequest = {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Record<string, unknown>;
  readonly accept: string | null;
  readonly mediaType: MediaType;
  readonly context: RequestContext;
};

type Parameters = Pick<StraightRequest, 'query' | 'operationName' | 'variables'>;

/** The parameters of GraphQL over HTTP §5.3 from a JSON body; null for anything that is not exactly that. */
export const parseParameters = (body: string): Parameters | null => {
  const parsed = parseJson(body);
  if (!isObject(parsed)) return null;
  const { query, operationName = null, variables = null, extensions = null, ...others } = parsed;
  if (typeof query !== 'string' || query === '') return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (variables !== null && !isObject(variables)) return null;
  if (extensions !== null && !isObject(extensions)) return null;
  return Object.keys(others).length === 0 ? { query, operationName, variables: variables ?? {} } : null;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
