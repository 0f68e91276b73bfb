import type { WholeResponse } from '../graphql/operation/result.ts';

/** Returns the answer of the HTTP layer itself to a request that it does not accept, in the form that GraphQL clients read. */
export const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  reason?: string,
): WholeResponse => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify({ errors: [{ message, extensions: { code, ...(reason === undefined ? {} : { reason }) } }] }),
});
