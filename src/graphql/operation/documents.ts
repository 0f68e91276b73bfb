import { refusalError } from '@fieldgate/guard/server';
import { type GraphQLError, getOperationAST, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
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

export type FindRequest = {
  readonly method: 'GET' | 'POST';
  readonly params: GraphQLParams;
  readonly context: Consumer;
};

/** Finds the prepared operation of a request, or says why there is none. Valid documents are kept, the most recent ones. */
export const createDocuments = ({ consume, ...deps }: DocumentsDeps) => {
  const known = new LRUCache<string, PreparedDocument>({
    max: maxDocuments,
    maxSize: maxTokens,
    sizeCalculation: ({ tokens }) => Math.max(1, tokens),
  });

  const find = ({ method, params, context }: FindRequest): PreparedOperation | readonly GraphQLError[] => {
    const { query, operationName, variables } = params;
    // The text alone is the key: an operation name put before it could be read as a part of it.
    const cached = known.get(query);
    // Paid before it is parsed, so that work for a caller with nothing left is refused and not done.
    const unpaid = cached ? null : consume.document(context, query);
    if (unpaid && !consume.mayBeSignIn(context, query)) return tooMany(unpaid);
    const document =
      cached ??
      prepareDocument(deps, query, (parsed) => refuseOperation(getOperationAST(parsed, operationName), method));
    if (!('operations' in document)) return unpaid ? tooMany(unpaid) : document;
    const operation = document.operations.get(operationName);
    const refused = refuseOperation(operation?.operation, method);
    const isFree = operation?.isSignIn === true && !refused;
    const refusal = isFree ? null : (unpaid ?? (cached ? consume.request(context) : null));
    if (refusal) return tooMany(refusal);
    if (refused || !operation) return [refused ?? noOperation()];
    const costly = operation.checkCost(variables);
    if (costly) return [costly];
    if (!cached && query.length <= maxTextLength) known.set(query, document);
    return operation;
  };

  return { find };
};

/** The errors of a request whose caller has nothing left. */
export const tooMany = (error: AppError): readonly GraphQLError[] => [refusalError({ error, presented: false }, null)];

/** What is wrong with the operation that a request asks for, whatever the schema says of it. */
const refuseOperation = (
  operation: OperationDefinitionNode | null | undefined,
  method: FindRequest['method'],
): GraphQLError | null => {
  if (!operation) return noOperation();
  if (method !== 'GET' || operation.operation !== OperationTypeNode.MUTATION) return null;
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
