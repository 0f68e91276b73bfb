import { refusalError } from '@fieldgate/guard/server';
import { type GraphQLError, getOperationAST } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../../services/limits.ts';
import type { RequestState } from '../context.ts';
import type { GraphQLParams } from './parameters.ts';
import { type PrepareDeps, type PreparedDocument, type PreparedOperation, prepareDocument } from './prepare.ts';
import { wholeError } from './result.ts';

const maxDocuments = 1_000;
const maxTextLength = 10_000;
/**
 * Of all documents together. What is parsed, planned and compiled of one token takes up to 1 KB, so that a number of documents
 * alone would bound nothing: a thousand of the longest kind, which anybody may send, are a gigabyte.
 */
const maxTokens = 50_000;
const bytesPerPoint = 1024;

export type DocumentsDeps = PrepareDeps & {
  /** Counts, by address, the documents that lead to no execution; nothing else counts those. */
  readonly limit: Pick<Limits['documents'], 'refuse' | 'count'>;
};

/** Finds the prepared operation of a request, or says why there is none. Valid documents are kept, the most recent ones. */
export const createDocuments = (deps: DocumentsDeps) => {
  const known = new LRUCache<string, PreparedDocument>({
    max: maxDocuments,
    maxSize: maxTokens,
    sizeCalculation: ({ tokens }) => Math.max(1, tokens),
  });

  const find = (
    method: Method,
    params: GraphQLParams,
    state: RequestState,
  ): PreparedOperation | readonly GraphQLError[] => {
    // The text alone is the key: an operation name put before it could be read as a part of it.
    const operation = known.get(params.query)?.operations.get(params.operationName);
    const isPlain = operation && operation.checkCost === null && method === 'POST';
    return isPlain ? operation : findChecked(method, params, state);
  };

  const findChecked = (
    method: Method,
    { query, operationName, variables }: GraphQLParams,
    state: RequestState,
  ): PreparedOperation | readonly GraphQLError[] => {
    const cached = known.get(query);
    const refused = cached ? null : deps.limit.refuse(state.client, state.rateLimits);
    if (refused) return [refusalError({ error: refused, presented: false }, null)];
    const count = (errors: readonly GraphQLError[]): readonly GraphQLError[] => {
      deps.limit.count(state.client, state.rateLimits, Math.ceil(Buffer.byteLength(query) / bytesPerPoint));
      return errors;
    };
    const document =
      cached ??
      prepareDocument(deps, query, (parsed) =>
        refuseOperation(getOperationAST(parsed, operationName)?.operation, method),
      );
    if (!('operations' in document)) return count(document);
    const operation = document.operations.get(operationName);
    const wrong = refuseOperation(operation?.kind, method);
    if (wrong || !operation) return count([wrong ?? noOperation()]);
    const costly = operation.checkCost?.(variables);
    if (costly) return cached ? [costly] : count([costly]);
    if (!cached && query.length <= maxTextLength) known.set(query, document);
    return operation;
  };

  return { find };
};

type Method = 'GET' | 'POST';

/** What is wrong with the operation that a request asks for, whatever the schema says of it. */
const refuseOperation = (kind: PreparedOperation['kind'] | undefined, method: Method): GraphQLError | null => {
  if (kind === undefined) return noOperation();
  if (method !== 'GET' || kind !== 'mutation') return null;
  return wholeError('Mutations are accepted by POST only.', 'METHOD_NOT_ALLOWED', {
    status: 405,
    headers: { allow: 'POST' },
  });
};

const noOperation = (): GraphQLError =>
  wholeError(
    'The document has no such operation, or several and "operationName" names none of them.',
    'OPERATION_RESOLUTION_FAILURE',
    { spec: true, status: 400 },
  );
