import { refusalError } from '@fieldgate/guard/server';
import { type GraphQLError, getOperationAST } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { AppError } from '../../domain/errors.ts';
import type { Consume } from './consume.ts';
import type { GraphQLParams } from './parameters.ts';
import type { Consumer } from './payers.ts';
import { type PrepareDeps, type PreparedDocument, type PreparedOperation, prepareDocument } from './prepare.ts';
import { wholeError } from './result.ts';

const maxDocuments = 1_000;
const maxTextLength = 10_000;
/**
 * Of all documents together. What is parsed, planned and compiled of one token takes up to 1 KB, so that a number of documents
 * alone would bound nothing: a thousand of the longest kind, which anybody may send, are a gigabyte.
 */
const maxTokens = 50_000;

export type DocumentsDeps = PrepareDeps & {
  readonly consume: Pick<Consume, 'document' | 'mayBeSignIn' | 'request'>;
};

/**
 * Finds the prepared operation of a request and counts the request, or says why there is none. Valid documents are kept, the most
 * recent ones.
 */
export const createDocuments = ({ consume, ...deps }: DocumentsDeps) => {
  const known = new LRUCache<string, PreparedDocument>({
    max: maxDocuments,
    maxSize: maxTokens,
    sizeCalculation: ({ tokens }) => Math.max(1, tokens),
  });

  const find = (
    method: Method,
    params: GraphQLParams,
    consumer: Consumer,
  ): PreparedOperation | readonly GraphQLError[] => {
    // The text alone is the key: an operation name put before it could be read as a part of it.
    const operation = known.get(params.query)?.operations.get(params.operationName);
    if (!operation || operation.checkCost !== null || method !== 'POST') return findChecked(method, params, consumer);
    const refusal = operation.isSignIn ? null : consume.request(consumer);
    return refusal ? tooMany(refusal) : operation;
  };

  const findChecked = (
    method: Method,
    { query, operationName, variables }: GraphQLParams,
    consumer: Consumer,
  ): PreparedOperation | readonly GraphQLError[] => {
    const cached = known.get(query);
    // Counted before it is parsed: the work for a caller with nothing left is not done.
    const unpaid = cached ? null : consume.document(consumer, query);
    if (unpaid && !consume.mayBeSignIn(consumer, query)) return tooMany(unpaid);
    const document =
      cached ??
      prepareDocument(deps, query, (parsed) =>
        refuseOperation(getOperationAST(parsed, operationName)?.operation, method),
      );
    if (!('operations' in document)) return unpaid ? tooMany(unpaid) : document;
    const operation = document.operations.get(operationName);
    const wrong = refuseOperation(operation?.kind, method);
    const isFree = operation?.isSignIn && !wrong;
    const refusal = isFree ? null : cached ? consume.request(consumer) : unpaid;
    if (refusal) return tooMany(refusal);
    if (wrong || !operation) return [wrong ?? noOperation()];
    const costly = operation.checkCost?.(variables);
    if (costly) return [costly];
    if (!cached && query.length <= maxTextLength) known.set(query, document);
    return operation;
  };

  return { find };
};

type Method = 'GET' | 'POST';

/** The errors of a request whose caller has nothing left. */
export const tooMany = (error: AppError): readonly GraphQLError[] => [refusalError({ error, presented: false }, null)];

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
