import { isPromise } from '@whatwg-node/promise-helpers';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { isCompilable } from './compilable.ts';
import { withGraphQLErrors } from './compiled-result.ts';
import { createCompleteVariables } from './compiled-variables.ts';

export type Execute = (
  context: object,
  variables: Readonly<Record<string, unknown>>,
) => ExecutionResult | Promise<ExecutionResult>;

type CompileDeps = { readonly schema: GraphQLSchema; readonly hideSuggestions: boolean };

/** Compiling costs a hundred times what running does: only an operation that comes again is worth it. */
const runsBeforeCompiling = 3;

/** Runs one operation: interpreted at first, compiled when it comes again, if the compiler does exactly what graphql-js does. */
export const createExecute = (
  { schema, hideSuggestions }: CompileDeps,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Execute => {
  const operationName = operation.name?.value ?? null;
  const interpret: Execute = (contextValue, variableValues) =>
    execute({ schema, document, operationName, contextValue, variableValues, hideSuggestions });
  let current = interpret;
  let runs = 0;
  const compileLater = (): void => {
    if (!isCompilable(schema, document, operation)) return;
    compile(schema, document, operationName).then(
      (compiled) => {
        current = compiled ?? interpret;
      },
      () => {}, // What the compiler cannot take stays interpreted.
    );
  };
  const complete = createCompleteVariables(schema, document, operation);
  return (context, variables) => {
    runs += 1;
    if (runs === runsBeforeCompiling) compileLater();
    if (complete === null || current === interpret) return current(context, variables);
    const completed = complete(variables);
    return completed ? current(context, completed) : interpret(context, variables);
  };
};

/** Null where the compiler cannot. It is loaded when there is work for it. */
const compile = async (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null,
): Promise<Execute | null> => {
  const { compileQuery, isCompiledQuery } = await import('graphql-jit');
  const compiled = compileQuery(schema, document, operationName ?? undefined);
  if (!isCompiledQuery(compiled)) return null;
  return (context, variables) => {
    const result: ReturnType<Execute> = compiled.query(undefined, context, variables);
    return isPromise(result) ? result.then(withGraphQLErrors) : withGraphQLErrors(result);
  };
};
