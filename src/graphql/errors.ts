import { errorExtensions } from '@fieldgate/guard';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
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
  const translate = (error: GraphQLError): GraphQLError => {
    const cause = error.originalError;
    const isGraphQL = cause === undefined || cause === null || cause instanceof GraphQLError;
    const words = isGraphQL ? error : wordsFor(cause, report, requestId);
    return placed(result.data === null ? withStatus(words) : words, error);
  };
  return { errors: errors.map(translate), ...rest };
};

/** The answer to anything that was thrown outside resolvers: without data, so with the status of its error. */
export const answerToThrown = (thrown: unknown, report: ReportBug, requestId: string | null): GraphQLError => {
  if (thrown instanceof GraphQLError) return placed(withStatus(thrown), thrown);
  const { message, extensions } = withStatus(wordsFor(thrown, report, requestId));
  return new GraphQLError(message, { extensions });
};

/** What a caller may see of an error, wherever in the document it belongs. */
type Words = Pick<GraphQLError, 'message' | 'extensions'>;

const wordsFor = (thrown: unknown, report: ReportBug, requestId: string | null): Words => {
  if (thrown instanceof AppError) return { message: thrown.message, extensions: { ...errorExtensions(thrown) } };
  report(thrown, requestId);
  const code: ErrorCode = 'INTERNAL_SERVER_ERROR';
  return { message: errorTable[code].message, extensions: { code, ...(requestId ? { requestId } : {}) } };
};

/** Statuses that speak of the server or of the caller's pace, not of the field that met them first. */
const wholeAnswer: ReadonlySet<unknown> = new Set<ErrorCode>(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR']);

/** Gives an answer without data the HTTP status of its error (GraphQL over HTTP allows that only without data). */
const withStatus = (words: Words): Words => {
  const { code, retryAfter } = words.extensions;
  if (!wholeAnswer.has(code)) return words;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  const http = { spec: true, status: code === 'SERVICE_UNAVAILABLE' ? 503 : 500, headers };
  return { message: words.message, extensions: { ...words.extensions, http } };
};

const placed = (words: Words, at: GraphQLError): GraphQLError => {
  if (words === at) return at;
  const error = new GraphQLError(words.message, {
    ...(at.nodes ? { nodes: at.nodes } : {}),
    ...(at.path ? { path: at.path } : {}),
    extensions: words.extensions,
  });
  // Compiled operations know where an error belongs and not the nodes that GraphQLError would take it from.
  if (!error.locations) Object.defineProperty(error, 'locations', { value: at.locations, enumerable: true });
  return error;
};
