import { CodedError, type ErrorDetails } from '@fieldgate/guard/core';
import { errorTable } from './errors.ts';

const codeForm = /^[A-Z][A-Z0-9_]{0,63}$/;

/** What clients may branch on besides the code. */
export type RefusalDetails = Pick<ErrorDetails, 'reason' | 'field' | 'retryAfter'>;

/**
 * Returns an error that reaches the client with its code, message and details; any other error is masked and logged. Throws
 * `TypeError` for a code that is not in capitals, or is one of the server's own.
 *
 * @example
 * throw refuse('OUT_OF_STOCK', 'Nothing is left of this. Order less.', { field: 'count' });
 */
export const refuse = (code: string, message: string, details: RefusalDetails = {}): CodedError => {
  if (!codeForm.test(code)) throw new TypeError(`refuse: a code is written in capitals, as in OUT_OF_STOCK: ${code}`);
  if (Object.hasOwn(errorTable, code))
    throw new TypeError(`refuse: ${code} is a code of Fieldgate. Choose another one.`);
  return new CodedError(code, { status: 400, oauth: 'invalid_request', retryable: false, message }, details);
};
