import type { WholeResponse } from '../graphql/operation/result.ts';

type HttpError = {
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Returns the response of the HTTP layer itself to a request that it does not accept, in the form that GraphQL clients read. */
export const errorResponse = (status: number, { code, message, reason, headers }: HttpError): WholeResponse => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify({ errors: [{ message, extensions: { code, ...(reason === undefined ? {} : { reason }) } }] }),
});
