import { GraphQLError } from 'graphql';
import { coordinateOfDenial } from './errors.ts';

/** The most errors of one rule in one result. Five thousand denied elements would be a megabyte that says one thing. */
const maxErrorsPerRule = 20;

/**
 * Returns the result of an operation with at most 20 errors of one rule; one more counts the rest. Every null stays where it is.
 * Anything else is returned as it is.
 */
export const limitDenials = <Result>(result: Result): Result => {
  if (typeof result !== 'object' || result === null || !('errors' in result)) return result;
  const { errors } = result;
  if (!Array.isArray(errors) || errors.length <= maxErrorsPerRule) return result;
  const limited = limitErrors(errors);
  return limited.length === errors.length ? result : { ...result, errors: limited };
};

const limitErrors = (errors: readonly unknown[]): readonly unknown[] => {
  const kept: unknown[] = [];
  const seen = new Map<string, number>();
  const omitted = new Map<string, GraphQLError>();
  for (const error of errors) {
    const coordinate = error instanceof GraphQLError ? coordinateOfDenial(error) : null;
    const count = coordinate === null ? 0 : (seen.get(coordinate) ?? 0) + 1;
    if (coordinate !== null) seen.set(coordinate, count);
    if (coordinate === null || count <= maxErrorsPerRule) kept.push(error);
    else if (error instanceof GraphQLError && !omitted.has(coordinate)) omitted.set(coordinate, error);
  }
  return [
    ...kept,
    ...[...omitted].map(([coordinate, first]) => countOf(first, (seen.get(coordinate) ?? 0) - maxErrorsPerRule)),
  ];
};

/** It stands where the first of those stood that it counts. */
const countOf = (first: GraphQLError, omitted: number): GraphQLError =>
  new GraphQLError(`${first.message} ${omitted} more errors like this were left out.`, {
    ...(first.nodes && { nodes: first.nodes }),
    ...(first.path && { path: first.path }),
    extensions: { ...first.extensions, omitted },
  });
