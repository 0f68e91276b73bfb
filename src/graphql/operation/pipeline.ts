import { type Authenticator, admit, type Decision, type Viewer } from '@fieldgate/guard';
import { bindViewer, refusalError } from '@fieldgate/guard/server';
import { handleMaybePromise, isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { AppError } from '../../domain/errors.ts';
import type { RequestContext } from '../context.ts';
import type { CreateOwnContext } from '../own/context.ts';
import type { OnRefusal } from '../refusal-log.ts';
import { createDocuments, type DocumentsDeps, rateLimitedErrors } from './documents.ts';
import { errorOfThrown, type ReportFault, translateErrors } from './errors.ts';
import { createIntrospection, type IntrospectionMode, type SchemaByCaller } from './introspection.ts';
import { type OnOperation, type OperationKind, outcomeOf } from './outcome.ts';
import type { GraphQLParams } from './parameters.ts';
import type { PreparedOperation } from './prepare.ts';
import type { RequestQuota } from './request-quota.ts';

/** One GraphQL request, from node:http or Fetch. */
export type GraphQLRequest = {
  readonly method: 'GET' | 'POST';
  readonly params: GraphQLParams | GraphQLError;
  readonly context: RequestContext;
};

/** A prepared operation with the parameters and the context of its request. */
export type OperationRequest = {
  readonly operation: PreparedOperation;
  readonly params: GraphQLParams;
  readonly context: RequestContext;
};

export type AdmitDeps = {
  /** Made by `guardSchema`. */
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticator;
  readonly consume: RequestQuota;
  /** Where clients learn who issues tokens for this API (RFC 9728 §5.1). */
  readonly resourceMetadata: string;
  readonly onRefusal: OnRefusal;
  /** Null where nothing in the schema is the user's. */
  readonly createOwnContext: CreateOwnContext | null;
};

export type PipelineDeps = AdmitDeps &
  Omit<DocumentsDeps, 'rules' | 'hideSuggestions' | 'hideTypes' | 'consume'> & {
    readonly introspection: IntrospectionMode;
    readonly reportFault: ReportFault;
    /** Null where nothing is counted. */
    readonly onOperation: OnOperation | null;
  };

export type Pipeline = ReturnType<typeof createPipeline>;

/**
 * Runs every GraphQL request: find the prepared operation (parse, limits, validate), admit it (plan, credential, session,
 * rules, rate limit), execute it, translate its errors. `prepare` and `run` are its two halves; a subscription takes the
 * first half here and the second one in `streams`.
 */
export const createPipeline = ({ introspection: mode, ...deps }: PipelineDeps) => {
  const { rules, hideSuggestions, schemaByCaller } = createIntrospection(mode, deps);
  const documents = createDocuments({
    ...deps,
    rules,
    hideSuggestions,
    hideTypes: mode === 'off',
  });
  const { reportFault, onOperation, consume } = deps;

  const finish = (kind: OperationKind, result: ExecutionResult): ExecutionResult => {
    onOperation?.(kind, outcomeOf(result));
    return result;
  };

  const toResult = (refusal: AppError | null): ExecutionResult | null =>
    refusal && finish('none', { errors: rateLimitedErrors(refusal) });

  /** Counts a request that is refused before its document is known. Returns the result to give instead if its caller has nothing left. */
  const refuseCounted = (context: RequestContext): ExecutionResult | null => toResult(consume.request(context));

  /** Returns the result for a caller with nothing left, else null. Call it before parsing what is too long for a sign-in. */
  const refuseExhausted = (context: RequestContext): ExecutionResult | null =>
    toResult(consume.refuseExhausted(context));

  /** Returns the operation to run, or the result of a request without one. */
  const prepare = ({ method, params, context }: GraphQLRequest): OperationRequest | ExecutionResult => {
    if (params instanceof GraphQLError) return refuseCounted(context) ?? finish('none', { errors: [params] });
    const operation = documents.find(method, params, context);
    return 'document' in operation ? { operation, params, context } : finish('none', { errors: operation });
  };

  /** Admits and executes. Never rejects: what is thrown becomes an error of the result. */
  const run = (requested: OperationRequest): MaybePromise<ExecutionResult> => {
    const { operation, context } = requested;
    return handleMaybePromise(
      () => executeOperation(deps, requested, schemaByCaller),
      (result) => {
        const { requestId } = context;
        return finish(operation.kind, result.errors ? translateErrors(result, reportFault, requestId) : result);
      },
      (error) => finish(operation.kind, { errors: [errorOfThrown(error, reportFault, context.requestId)] }),
    );
  };

  return { refuseCounted, refuseExhausted, prepare, run };
};

const executeOperation = (
  deps: AdmitDeps,
  requested: OperationRequest,
  schemaByCaller: SchemaByCaller | null,
): MaybePromise<ExecutionResult> =>
  handleMaybePromise(
    () => admitOperation(deps, requested),
    (decision) => {
      if (decision.kind === 'refuse') return refuse(deps, requested, decision);
      const { operation } = requested;
      if (schemaByCaller && operation.asksForSchema) return executeIntrospection(deps, requested, schemaByCaller);
      return executeAdmitted(deps, requested, { decision, execute: operation.execute });
    },
  );

/** Decides whether the operation may run. */
export const admitOperation = (deps: AdmitDeps, requested: OperationRequest): MaybePromise<Decision> => {
  const { operation, params, context } = requested;
  return admit({
    schema: deps.schema,
    document: operation.document,
    operationName: operation.name,
    variables: params.variables,
    contextValue: context,
    prepareContext: (viewer) => addOwnContext(deps, requested, viewer),
    source: context,
    authenticate: deps.authenticate,
    consume: (viewer, fields) => deps.consume.operation(viewer, fields, context),
  });
};

/** Gives the context what the user's functions get, once per operation: to the policies of a mutation already. */
const addOwnContext = (
  { createOwnContext }: Pick<AdmitDeps, 'createOwnContext'>,
  { operation, context }: OperationRequest,
  viewer: Viewer,
): MaybePromise<void> => {
  if (createOwnContext === null || !operation.selectsOwn || context.own !== undefined) return;
  return handleMaybePromise(
    () => createOwnContext(context, viewer),
    (own) => {
      context.own = own;
    },
  );
};

export const refuse = (
  deps: AdmitDeps,
  { context }: OperationRequest,
  refusal: Extract<Decision, { kind: 'refuse' }>,
): ExecutionResult => {
  deps.onRefusal(refusal, context);
  return { errors: [refusalError(refusal, deps.resourceMetadata)] };
};

type Admitted = Extract<Decision, { kind: 'run' }>;

/** Variables are checked after admission: their errors describe the schema. */
export const executeAdmitted = <Result>(
  deps: Pick<AdmitDeps, 'createOwnContext'>,
  requested: OperationRequest,
  { decision: { viewer }, execute }: AdmittedExecution<Result>,
): MaybePromise<Result | ExecutionResult> => {
  const { operation, params, context } = requested;
  const errors = operation.checkVariables?.(params.variables);
  if (errors) return { errors };
  // Never released: the context is made for this request, and ends with it.
  if (!bindViewer(context, viewer, null)) throw new AppError('INTERNAL_SERVER_ERROR');
  const pending = addOwnContext(deps, requested, viewer);
  return isPromise(pending)
    ? pending.then(() => execute(context, params.variables))
    : execute(context, params.variables);
};

type AdmittedExecution<Result> = {
  readonly decision: Admitted;
  readonly execute: (context: object, variables: GraphQLParams['variables']) => MaybePromise<Result>;
};

/** Executes against what the caller may see of the schema. */
const executeIntrospection = async (
  deps: AdmitDeps,
  requested: OperationRequest,
  { decide, execute }: SchemaByCaller,
): Promise<ExecutionResult> => {
  const decision = await decide(requested.context);
  if (decision.kind === 'refuse') return { errors: [refusalError(decision, deps.resourceMetadata)] };
  return executeAdmitted(deps, requested, {
    decision,
    execute: (_context, variables) => execute(decision.viewer, requested.operation, variables),
  });
};
