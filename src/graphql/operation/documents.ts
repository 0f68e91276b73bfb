import { refusalError } from '@fieldgate/guard/server';
import { type GraphQLError, getOperationAST } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { AppError } from '../../domain/errors.ts';
import type { GraphQLParams } from './parameters.ts';
import type { CountedRequest } from './payers.ts';
import { type PrepareDeps, type PreparedDocument, type PreparedOperation, prepareDocument } from './prepare.ts';
import type { RequestQuota } from './request-quota.ts';
import { requestError } from './result.ts';

const maxDocuments = 1_000;
const maxTextLength = 10_000;
/** Of all documents together: a token takes up to 1 KB once parsed, planned and compiled, so a limit on the number alone would allow a gigabyte. */
const maxTokens = 50_000;

export type DocumentsDeps = PrepareDeps & {
  readonly consume: Pick<RequestQuota, 'document' | 'mayBeSignIn' | 'request'>;
};

/**
 * Finds the prepared operation of a request and counts the request, or says why there is none. Keeps the most recently used valid
 * documents.
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
    consumer: CountedRequest,
  ): PreparedOperation | readonly GraphQLError[] => {
    // Keyed by the text alone: name and text joined could collide.
    const operation = known.get(params.query)?.operations.get(params.operationName);
    if (!operation || operation.checkCost !== null || method !== 'POST') return findChecked(method, params, consumer);
    const refusal = operation.isSignIn ? null : consume.request(consumer);
    return refusal ? rateLimitedErrors(refusal) : operation;
  };

  const findChecked = (
    method: Method,
    { query, operationName, variables }: GraphQLParams,
    consumer: CountedRequest,
  ): PreparedOperation | readonly GraphQLError[] => {
    const cached = known.get(query);
    // Counted before it is parsed: the work for a caller with nothing left is not done.
    const rateLimited = cached ? null : consume.document(consumer, query);
    if (rateLimited && !consume.mayBeSignIn(consumer, query)) return rateLimitedErrors(rateLimited);
    const document =
      cached ??
      prepareDocument(deps, query, (parsed) =>
        refuseOperation(getOperationAST(parsed, operationName)?.operation, method),
      );
    if (!('operations' in document)) return rateLimited ? rateLimitedErrors(rateLimited) : document;
    const operation = document.operations.get(operationName);
    const wrong = refuseOperation(operation?.kind, method);
    const isFree = operation?.isSignIn && !wrong;
    const refusal = isFree ? null : cached ? consume.request(consumer) : rateLimited;
    if (refusal) return rateLimitedErrors(refusal);
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
export const rateLimitedErrors = (error: AppError): readonly GraphQLError[] => [
  refusalError({ error, presented: false }, null),
];

/** What is wrong with the operation that a request asks for, whatever the schema says of it. */
const refuseOperation = (kind: PreparedOperation['kind'] | undefined, method: Method): GraphQLError | null => {
  if (kind === undefined) return noOperation();
  if (method !== 'GET' || kind !== 'mutation') return null;
  return requestError('Mutations are accepted by POST only.', 'METHOD_NOT_ALLOWED', {
    status: 405,
    headers: { allow: 'POST' },
  });
};

const noOperation = (): GraphQLError =>
  requestError(
    'The document has no such operation, or several and "operationName" names none of them.',
    'OPERATION_RESOLUTION_FAILURE',
    { spec: true, status: 400 },
  );
