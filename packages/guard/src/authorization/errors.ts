import { GraphQLError } from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';

/** For retryable errors that do not say when to try again. */
const defaultRetryAfterSeconds = 1;

/** The `extensions` of an error. A property is there only if it has a meaning for the code. */
export type ErrorExtensions = {
  readonly code: string;
  readonly reason?: string;
  readonly field?: string;
  /** Seconds: see `ErrorDetails`. */
  readonly maxAge?: number;
  readonly amr?: readonly string[];
  readonly required?: Readonly<Record<string, unknown>>;
  readonly coordinate?: string;
  readonly retryable?: true;
  /** Seconds. */
  readonly retryAfter?: number;
};

/**
 * Returns the GraphQL `extensions` of an error. Never contains `http`: only an error that is the whole response has a status.
 *
 * @example
 * const { code, reason } = errorExtensions(new GuardError('UNAUTHENTICATED', { reason: 'TOKEN_EXPIRED' }));
 */
export const errorExtensions = (error: CodedError): ErrorExtensions => {
  const { code, details } = error;
  const retryAfter = retryAfterSeconds(error);
  return {
    code,
    ...(details.reason !== undefined && { reason: details.reason }),
    ...(details.field !== undefined && { field: details.field }),
    ...(details.maxAge !== undefined && { maxAge: details.maxAge }),
    ...(details.amr !== undefined && { amr: details.amr }),
    ...(details.required !== undefined && { required: details.required }),
    ...(details.coordinate !== undefined && { coordinate: details.coordinate }),
    ...(error.retryable && { retryable: true as const }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
};

/**
 * Returns the error of one field. It carries no HTTP status: servers apply an error's status to the whole response, and
 * GraphQL over HTTP requires 2xx for a response with data.
 *
 * @example
 * throw toGraphQLError(new GuardError('FORBIDDEN', { reason: 'ROLE' }));
 */
export const toGraphQLError = (error: CodedError): GraphQLError => {
  const thrown = new GraphQLError(error.message, { extensions: { ...errorExtensions(error) } });
  const coordinate = coordinateIn(error.cause);
  if (coordinate !== null) coordinates.set(thrown, coordinate);
  return thrown;
};

/** Of the rules that field errors are about, also where callers are not told. */
const coordinates = new WeakMap<Error, string>();

const coordinateIn = (cause: unknown): string | null =>
  typeof cause === 'object' && cause !== null && 'coordinate' in cause && typeof cause.coordinate === 'string'
    ? cause.coordinate
    : null;

/** Returns the coordinate of the rule whose denial the executor put into its result, null for any other error. */
export const coordinateOfDenial = (error: GraphQLError): string | null =>
  coordinates.get(error) ?? (error.originalError ? (coordinates.get(error.originalError) ?? null) : null);

/** Why an operation is refused. */
export type Refusal = {
  readonly error: CodedError;
  /** Whether a credential was presented. */
  readonly presented: boolean;
  /** The refused caller, if known. */
  readonly viewer?: Viewer;
  /** The `WWW-Authenticate` of a 401, for schemes other than Bearer. */
  readonly challenge?: string;
  /** False in `mode: 'report'`: it was let through, and would have been refused. */
  readonly enforced?: false;
};

/**
 * Returns status and headers of a response that consists of this refusal only (RFC 9110 §11.6.1, RFC 6750 §3).
 * `resourceMetadata`: the URL where clients learn which authorization server issues tokens for this resource (RFC 9728 §5.1);
 * null leaves it out.
 *
 * @example
 * if (decision.kind === 'refuse') {
 *   const { status, headers } = refusalHttp(decision);
 *   return new Response(null, { status, headers });
 * }
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
    headers['www-authenticate'] =
      challenge ?? bearerChallenge(presented ? oauth : null, error.details.maxAge, resourceMetadata);
  }
  return { status, headers };
};

const bearerChallenge = (error: string | null, maxAge: number | undefined, resourceMetadata: string | null): string =>
  [
    'Bearer realm="graphql"',
    ...(error === null ? [] : [`error="${error}"`]),
    // RFC 9470 §3.
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
    ...(resourceMetadata === null ? [] : [`resource_metadata="${resourceMetadata}"`]),
  ].join(', ');

/**
 * Returns a refusal as the only error of a response without data. `http.spec`: the status applies to
 * `application/graphql-response+json`; `application/json` and event streams are answered with 200.
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
