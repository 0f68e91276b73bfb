import { GraphQLError } from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';

/** Where nothing says how soon to try again. */
const defaultRetryAfterSeconds = 1;

/** What a client reads in `extensions` of an error; only what has a meaning for the code is there. */
export type ErrorExtensions = {
  readonly code: string;
  readonly reason?: string;
  readonly field?: string;
  readonly required?: Readonly<Record<string, unknown>>;
  readonly coordinate?: string;
  readonly retryable?: true;
  /** Seconds. */
  readonly retryAfter?: number;
};

/** The one translation of a failure of ours into GraphQL `extensions`. Never holds `http`: see `refusalError`. */
export const errorExtensions = (error: CodedError): ErrorExtensions => {
  const { code, details } = error;
  const retryAfter = retryAfterSeconds(error);
  return {
    code,
    ...(details.reason !== undefined && { reason: details.reason }),
    ...(details.field !== undefined && { field: details.field }),
    ...(details.required !== undefined && { required: details.required }),
    ...(details.coordinate !== undefined && { coordinate: details.coordinate }),
    ...(error.retryable && { retryable: true as const }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
};

/**
 * A failure of ours as an error of one field. It carries no HTTP status: a server that sees one turns the whole answer
 * into it, although other fields have data, and GraphQL over HTTP demands 2xx where there is data.
 */
export const toGraphQLError = (error: CodedError): GraphQLError =>
  new GraphQLError(error.message, { extensions: { ...errorExtensions(error) } });

/** Why an operation was not run, and whether a credential came with it. */
export type Refusal = {
  readonly error: CodedError;
  readonly presented: boolean;
  /** Who was refused, where that is known. */
  readonly viewer?: Viewer;
  /** The `WWW-Authenticate` of a 401, where it is not Bearer's. */
  readonly challenge?: string;
};

/**
 * Status and headers of an answer that consists of this refusal only (RFC 9110 §11.6.1, RFC 6750 §3). `resourceMetadata` is
 * where a client learns who gives tokens for this resource (RFC 9728 §5.1); null: it is not told.
 */
export const refusalHttp = (
  refusal: Refusal,
  resourceMetadata: string | null = null,
): { status: number; headers: Record<string, string> } => {
  const { error, presented, challenge } = refusal;
  const { status, oauth } = error;
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  const retryAfter = retryAfterSeconds(error);
  if (retryAfter !== undefined) {
    headers['retry-after'] = String(retryAfter);
  }
  if (status === 401 || status === 403) {
    headers['www-authenticate'] = challenge ?? bearerChallenge(presented ? oauth : null, resourceMetadata);
  }
  return { status, headers };
};

const bearerChallenge = (error: string | null, resourceMetadata: string | null): string =>
  [
    'Bearer realm="graphql"',
    ...(error === null ? [] : [`error="${error}"`]),
    ...(resourceMetadata === null ? [] : [`resource_metadata="${resourceMetadata}"`]),
  ].join(', ');

/**
 * A refusal as the only error of an answer without data. `spec` says: this status for
 * `application/graphql-response+json`, 200 where only `application/json` or an event stream is accepted.
 */
export const refusalError = (refusal: Refusal, resourceMetadata: string | null): GraphQLError =>
  new GraphQLError(refusal.error.message, {
    extensions: { ...errorExtensions(refusal.error), http: { spec: true, ...refusalHttp(refusal, resourceMetadata) } },
  });

const retryAfterSeconds = ({ retryable, details }: CodedError): number | undefined =>
  details.retryAfter ?? (retryable ? defaultRetryAfterSeconds : undefined);

/** Thrown at the start for a schema whose rules would not all be enforced. Lists every problem with its coordinate. */
export class SchemaRulesError extends Error {
  override readonly name = 'SchemaRulesError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The rules of this schema would not be enforced:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
