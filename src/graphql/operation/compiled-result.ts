import { type ExecutionResult, GraphQLError } from 'graphql';

/**
 * Returns the result with errors of graphql-js. The compiler makes errors of its own class, and those that it raises itself (null for a
 * non-null field, a value that its scalar cannot serialize) have no `extensions`.
 */
export const withGraphQLErrors = (result: ExecutionResult): ExecutionResult =>
  result.errors ? { ...result, errors: result.errors.map(toGraphQLError) } : result;

const toGraphQLError = (error: GraphQLError): GraphQLError => {
  const { message, path, originalError, locations, extensions } = error;
  // Typed as always there, and not in the compiler's own errors.
  if ((extensions as GraphQLError['extensions'] | undefined) !== undefined) return error;
  // As graphql-js has it: what the executor itself raises is a fault of the server, with an error of its own as its cause.
  const cause = originalError ?? new Error(message);
  const made = new GraphQLError(message, { ...(path && { path }), originalError: cause });
  // Not from nodes, as GraphQLError would have them: the compiler knows places only.
  if (locations) Object.defineProperty(made, 'locations', { value: locations, enumerable: true });
  return made;
};
