import { CodedError, errorExtensions } from '@fieldgate/guard';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { type ErrorCode, errorTable } from '../../domain/errors.ts';
import { withoutQuotedValues } from './quoted-values.ts';

/** Called with every fault of the server, and the request it happened in. The caller only sees a masked error. */
export type ReportFault = (error: unknown, requestId: string | null) => void;

/**
 * Returns the result with what resolvers threw turned into errors for clients: a coded error keeps its code, a GraphQL error stays, everything else
 * is reported and masked. Where there is no data because a service cannot be reached, the response gets its status.
 */
export const translateErrors = (result: ExecutionResult, report: ReportFault, requestId: string): ExecutionResult => {
  const { errors = [], ...rest } = result;
  const translate = (error: GraphQLError): GraphQLError => {
    const cause = error.originalError;
    if (cause === undefined || cause === null) return withoutValues(error);
    const clientError = isGraphQLError(cause) ? error : toClientError(cause, report, requestId);
    return atLocationOf(result.data === null ? withStatus(clientError) : clientError, error);
  };
  return { errors: errors.map(translate), ...rest };
};

/** By its name too: resolvers of the user may have another copy of graphql. */
const isGraphQLError = (cause: Error): boolean => cause instanceof GraphQLError || cause.name === 'GraphQLError';

/** What the executor itself says of an argument has no code, and quotes its value. */
const withoutValues = (error: GraphQLError): GraphQLError => {
  if (error.extensions['code'] !== undefined) return error;
  const code: ErrorCode = 'BAD_USER_INPUT';
  return atLocationOf(
    { message: withoutQuotedValues(error.message), extensions: { ...error.extensions, code } },
    error,
  );
};

/** Returns the error for what was thrown outside resolvers: the response has no data, so it gets the status of the error. */
export const errorOfThrown = (thrown: unknown, report: ReportFault, requestId: string | null): GraphQLError => {
  if (thrown instanceof GraphQLError) return atLocationOf(withStatus(thrown), thrown);
  const { message, extensions } = withStatus(toClientError(thrown, report, requestId));
  return new GraphQLError(message, { extensions });
};

/** What a caller may see of an error, wherever in the document it belongs. */
type ClientError = Pick<GraphQLError, 'message' | 'extensions'>;

const toClientError = (thrown: unknown, report: ReportFault, requestId: string | null): ClientError => {
  if (thrown instanceof CodedError) return { message: thrown.message, extensions: { ...errorExtensions(thrown) } };
  report(thrown, requestId);
  const code: ErrorCode = 'INTERNAL_SERVER_ERROR';
  return { message: errorTable[code].message, extensions: { code, ...(requestId ? { requestId } : {}) } };
};

/** Statuses that speak of the server or of the caller's pace, not of the field that met them first. */
const statuses: ReadonlyMap<unknown, number> = new Map(
  (['RATE_LIMITED', 'SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'] as const).map((code) => [
    code,
    errorTable[code].status,
  ]),
);

/** Gives a response without data the HTTP status of its error (GraphQL over HTTP allows that only without data). */
const withStatus = (clientError: ClientError): ClientError => {
  const { code, retryAfter } = clientError.extensions;
  const status = statuses.get(code);
  if (status === undefined) return clientError;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  const http = { spec: true, status, headers };
  return { message: clientError.message, extensions: { ...clientError.extensions, http } };
};

const atLocationOf = (clientError: ClientError, at: GraphQLError): GraphQLError => {
  if (clientError === at) return at;
  const error = new GraphQLError(clientError.message, {
    ...(at.nodes ? { nodes: at.nodes } : {}),
    ...(at.path ? { path: at.path } : {}),
    extensions: clientError.extensions,
  });
  // Compiled operations know where an error belongs and not the nodes that GraphQLError would take it from.
  if (!error.locations) Object.defineProperty(error, 'locations', { value: at.locations, enumerable: true });
  return error;
};
