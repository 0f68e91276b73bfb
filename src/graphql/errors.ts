import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { toGraphQLError } from '../authorization/errors.ts';
import { AppError, type ErrorCode, errorTable } from '../domain/errors.ts';
import type { RequestContext } from './context.ts';

/** Told of every failure that is a fault of ours, with the request it happened in. The caller only sees a masked error. */
export type ReportBug = (error: unknown, requestId: string | null) => void;

/**
 * Turns what resolvers throw into answers, once: an `AppError` becomes its code, a GraphQL error stays, everything else is
 * reported and masked. Where nothing was answered because a service is out of reach, the whole answer gets its status.
 */
export const useErrors = (report: ReportBug): Plugin<RequestContext> => ({
  onExecute: ({ args }) => ({
    onExecuteDone: ({ result, setResult }) => {
      if (Symbol.asyncIterator in result || !result.errors) return;
      setResult(translateResult(result, report, args.contextValue.requestId));
    },
  }),
});

export const translateResult = (result: ExecutionResult, report: ReportBug, requestId: string): ExecutionResult => {
  const { errors = [], ...rest } = result;
  const translated = errors.map((error) => translate(error, report, requestId));
  return { errors: result.data === null ? translated.map(withStatus) : translated, ...rest };
};

const translate = (error: GraphQLError, report: ReportBug, requestId: string): GraphQLError => {
  const cause = error.originalError;
  if (cause === undefined || cause === null || cause instanceof GraphQLError) return error;
  return located(fromThrown(cause, report, requestId), error);
};

/** The error a caller may see for anything that was thrown outside or inside a resolver. */
export const fromThrown = (thrown: unknown, report: ReportBug, requestId: string | null): GraphQLError => {
  if (thrown instanceof GraphQLError) return thrown;
  if (thrown instanceof AppError) return toGraphQLError(thrown);
  report(thrown, requestId);
  const code: ErrorCode = 'INTERNAL_SERVER_ERROR';
  return new GraphQLError(errorTable[code].message, { extensions: { code, ...(requestId ? { requestId } : {}) } });
};

/** Statuses that speak of the server or of the caller's pace, not of the field that met them first. */
const wholeAnswer: ReadonlySet<unknown> = new Set<ErrorCode>(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR']);

/** Gives an answer without data the HTTP status of its error (GraphQL over HTTP allows that only without data). */
export const withStatus = (error: GraphQLError): GraphQLError => {
  const { code, retryAfter } = error.extensions;
  if (!wholeAnswer.has(code)) return error;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  const http = { spec: true, status: code === 'SERVICE_UNAVAILABLE' ? 503 : 500, headers };
  return located(new GraphQLError(error.message, { extensions: { ...error.extensions, http } }), error);
};

const located = (error: GraphQLError, at: GraphQLError): GraphQLError => {
  const placed = new GraphQLError(error.message, {
    ...(at.nodes ? { nodes: at.nodes } : {}),
    ...(at.path ? { path: at.path } : {}),
    extensions: error.extensions,
  });
  // Compiled operations know where an error belongs and not the nodes that GraphQLError would take it from.
  if (!placed.locations) Object.defineProperty(placed, 'locations', { value: at.locations, enumerable: true });
  return placed;
};
