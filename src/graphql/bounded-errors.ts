import { GraphQLError, getOperationAST, getVariableValues } from 'graphql';
import type { Plugin } from 'graphql-yoga';

const mostVariableErrors = 3;
const longestMessage = 1_000;

/**
 * Answers that are no larger than what is wrong. The engine describes fifty mistakes in variables and a hundred in a
 * document, each with the value or the name it is about: 100 KB of them would be an answer of 9 MB, and a second's work. To
 * stand behind the guard, which answers first.
 */
export const useBoundedErrors = (): Plugin => ({
  onExecute: ({ args: { schema, document, operationName, variableValues }, setResultAndStopExecution }) => {
    const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {};
    const { errors = [] } = getVariableValues(schema, variableDefinitions, variableValues ?? {}, {
      maxErrors: mostVariableErrors,
    });
    // Fewer are described by the engine itself.
    if (errors.length > mostVariableErrors) setResultAndStopExecution({ errors: [tooManyErrors()] });
  },
  onExecutionResult: ({ result }) => {
    if (!result || Symbol.asyncIterator in result) return;
    for (const error of result.errors ?? []) error.message = cut(error.message);
  },
});

const tooManyErrors = (): GraphQLError =>
  new GraphQLError(`More than ${mostVariableErrors} values in the variables are not of their types.`, {
    extensions: { http: { status: 400 } },
  });

const cut = (message: string): string =>
  message.length > longestMessage ? `${message.slice(0, longestMessage)} …` : message;
