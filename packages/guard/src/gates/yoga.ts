import { handleMaybePromise, isPromise } from '@whatwg-node/promise-helpers';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { acceptsAnything } from '../authorization/accepts-anything.ts';
import { isAsyncIterable } from '../authorization/ended-stream.ts';
import { type Refusal, refusalError } from '../authorization/errors.ts';
import { CodedError } from '../domain/errors.ts';
import { type Admitted, createGate, denialIn, type Gate, refusedResult } from './gate.ts';
import type { GateOptions } from './options.ts';

/**
 * Returns a plugin for Yoga and Envelop, for a schema made by `guardSchema`. It decides each operation before any resolver runs and
 * binds the verified viewer to the context of those that run (`viewerOf(context)`, `context.viewer`). Throws `SchemaRulesError`
 * when the server is created with a schema whose rules would not be enforced.
 *
 * @example
 * const yoga = createYoga({ schema: guardSchema(schema), plugins: [useFieldgate({ authenticate })] });
 */
export const useFieldgate = (options: GateOptions): Plugin => {
  const gate = createGate(options);
  const refused = (refusal: Refusal): ExecutionResult =>
    refusedResult(refusal, refusalError(refusal, options.resourceMetadata ?? null));
  return {
    onSchemaChange: ({ schema }) => gate.check(schema),
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) =>
      handleMaybePromise(
        () => gate.decide(args),
        (decision) => {
          if (decision.kind === 'refuse') return setResultAndStopExecution(refused(decision));
          setExecuteFn(runAdmitted(gate, decision, executeFn, refused));
        },
      ),
    onSubscribe: ({ args, subscribeFn, setSubscribeFn, setResultAndStopExecution }) =>
      handleMaybePromise(
        () => gate.decide(args),
        (decision) => {
          if (decision.kind === 'refuse') return setResultAndStopExecution(refused(decision));
          setSubscribeFn(runAdmitted(gate, decision, subscribeFn, refused));
          return {
            onSubscribeResult: ({ result, setResult }) => {
              const refusal = denialIn(result);
              if (refusal) setResult(refused(refusal));
            },
          };
        },
      ),
    onResultProcess({ request, result, resultProcessor, setResultProcessor }) {
      if (resultProcessor && isErrorOnly(result) && acceptsAnything(request.headers.get('accept'))) {
        setResultProcessor(resultProcessor, 'application/graphql-response+json');
      }
    },
    onResponse({ response }) {
      if (response && !response.headers.has('cache-control')) {
        response.headers.set('cache-control', 'no-store');
      }
    },
  };
};

/** The viewer is bound when the operation is executed, to the context that later plug-ins may have replaced. */
const runAdmitted =
  <Args extends { readonly schema: never } | object, Result>(
    gate: Gate,
    admitted: Admitted,
    execute: (args: Args) => Result,
    refused: (refusal: Refusal) => ExecutionResult,
  ) =>
  (args: Args): Result => {
    try {
      return gate.run(admitted, args as never, (contextValue) => execute({ ...args, contextValue }));
    } catch (error) {
      if (error instanceof CodedError) return refused({ error, presented: true }) as Result;
      throw error;
    }
  };

/** Returns whether a result consists of errors only: nothing was executed, or its data is null and an error has a status. */
const isErrorOnly = (result: unknown): boolean => {
  if (typeof result !== 'object' || result === null || isAsyncIterable(result) || isPromise(result)) return false;
  const { data, errors = [] } = result as { readonly data?: unknown; readonly errors?: readonly GraphQLError[] };
  return data === undefined || (data === null && errors.some(({ extensions }) => extensions['http'] !== undefined));
};
