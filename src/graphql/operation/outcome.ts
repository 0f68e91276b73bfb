import type { ExecutionResult, OperationTypeNode } from 'graphql';
import { errorTable } from '../../domain/errors.ts';

/** Called with every operation when it has been answered. Both values are from a bounded set: neither is typed by a caller. */
export type OnOperation = (kind: OperationKind, outcome: string) => void;

/** `none`: the request held no operation that could be run. */
export type OperationKind = `${OperationTypeNode}` | 'none';

/** Returns `ok`, `partial` (data and errors), a code of the error table in lower case, or `invalid` for a bad request. */
export const outcomeOf = ({ data, errors }: ExecutionResult): string => {
  const [first] = errors ?? [];
  if (!first) return 'ok';
  if (data) return 'partial';
  const { code } = first.extensions;
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? code.toLowerCase() : 'invalid';
};
