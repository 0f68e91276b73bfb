import { type DocumentNode, type ExecutionResult, getOperationAST, type OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { errorTable } from '../domain/errors.ts';
import type { RequestContext } from './context.ts';

/** Told of every operation when it has been answered. Both are of a bounded number: nothing in them is a caller's. */
export type OnOperation = (kind: OperationKind, outcome: string) => void;

/** `none`: what was sent is no operation that could be run. */
export type OperationKind = `${OperationTypeNode}` | 'none';

/** `ok`, `partial` (data and errors), a code of the error table in lower case, or `invalid` for what GraphQL itself refuses. */
export const outcomeOf = ({ data, errors }: ExecutionResult): string => {
  const [first] = errors ?? [];
  if (!first) return 'ok';
  if (data) return 'partial';
  const { code } = first.extensions;
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? code.toLowerCase() : 'invalid';
};

/** Tells of the operations that go through Yoga. To stand before the guard, which stops what it refuses. */
export const useOperationReport = (onOperation: OnOperation): Plugin<RequestContext> => {
  const kinds = new WeakMap<Request, OperationKind>();
  const note = ({ args }: { readonly args: Noted }): void => {
    kinds.set(args.contextValue.request, getOperationAST(args.document, args.operationName)?.operation ?? 'none');
  };
  return {
    onExecute: note,
    onSubscribe: note,
    onExecutionResult: ({ request, result }) => {
      const outcome = result && !(Symbol.asyncIterator in result) ? outcomeOf(result) : 'ok';
      onOperation(kinds.get(request) ?? 'none', outcome);
    },
  };
};

type Noted = {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly contextValue: { readonly request: Request };
};
