import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { AppError } from '../../domain/errors.ts';
import type { RequestContext } from '../context.ts';
import type { Consume } from './consume.ts';
import { createDocuments, type DocumentsDeps, tooMany } from './documents.ts';
import { errorOfThrown, type ReportFault, translateErrors } from './errors.ts';
import { type ExecuteDeps, executeOperation, type Requested } from './execute.ts';
import { createIntrospection, type IntrospectionMode } from './introspection.ts';
import type { GraphQLParams } from './parameters.ts';
import { type OnOperation, type OperationKind, outcomeOf } from './report.ts';

export type PipelineDeps = Omit<ExecuteDeps, 'introspection'> &
  Omit<DocumentsDeps, 'rules' | 'hideSuggestions' | 'consume'> & {
    readonly introspection: IntrospectionMode;
    readonly consume: Consume;
    readonly reportFault: ReportFault;
    /** Null where nothing is counted. */
    readonly onOperation: OnOperation | null;
  };

/** One GraphQL request, whichever way it came. */
export type GraphQLRequest = {
  readonly method: 'GET' | 'POST';
  readonly params: GraphQLParams | GraphQLError;
  readonly context: RequestContext;
};

export type Pipeline = ReturnType<typeof createPipeline>;

/**
 * The one way of every GraphQL request: find the prepared operation (parse, limits, validate), admit it (plan, credential, session,
 * rules, rate limit), execute it, translate its errors. `prepare` and `run` are its two halves; a subscription takes the
 * first half here and the second one in `streams`.
 */
export const createPipeline = ({ introspection: mode, ...deps }: PipelineDeps) => {
  const introspection = createIntrospection(mode, deps);
  const { rules, hide, hideSuggestions } = introspection;
  const documents = createDocuments({ ...deps, rules, hideSuggestions });
  const executeDeps: ExecuteDeps = { ...deps, introspection };

  const finish = (kind: OperationKind, result: ExecutionResult): ExecutionResult => {
    deps.onOperation?.(kind, outcomeOf(result));
    return result;
  };

  const refusedParams = (error: GraphQLError, context: RequestContext): readonly GraphQLError[] => {
    const refusal = deps.consume.request(context);
    return refusal ? tooMany(refusal) : [error];
  };

  const answerRefusal = (refusal: AppError | null): ExecutionResult | null =>
    refusal && finish('none', { errors: tooMany(refusal) });

  /** Returns the answer to a request whose body is too long for a sign-in, if its caller has nothing left. Call it before parsing. */
  const refuseExhausted = (context: RequestContext): ExecutionResult | null =>
    answerRefusal(deps.consume.refuseExhausted(context));

  /** Counts a request that is refused before it is parsed. Returns the answer if its caller has nothing left. */
  const countRefused = (context: RequestContext): ExecutionResult | null =>
    answerRefusal(deps.consume.request(context));

  /** Returns the operation to run, or the answer of a request without one. */
  const prepare = ({ method, params, context }: GraphQLRequest): Requested | ExecutionResult => {
    const found =
      params instanceof GraphQLError ? refusedParams(params, context) : documents.find({ method, params, context });
    if (!('document' in found)) return finish('none', { errors: found });
    return { operation: found, params: params as GraphQLParams, context };
  };

  /** Admits and executes. Never rejects: what is thrown becomes an answer. */
  const run = (requested: Requested): MaybePromise<ExecutionResult> => {
    const { operation, context } = requested;
    const kind = operation.operation.operation;
    return handleMaybePromise(
      () => executeOperation(executeDeps, requested),
      (result) => {
        const translated = result.errors ? translateErrors(result, deps.reportFault, context.requestId) : result;
        return finish(kind, hide ? hide(translated, operation) : translated);
      },
      (error) => finish(kind, { errors: [errorOfThrown(error, deps.reportFault, context.requestId)] }),
    );
  };

  return { refuseExhausted, countRefused, prepare, run, executeDeps };
};
