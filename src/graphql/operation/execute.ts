import { type Authenticator, admit, type Decision, withViewer } from '@fieldgate/guard';
import { refusalError } from '@fieldgate/guard/server';
import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { RequestContext } from '../context.ts';
import type { OnRefusal } from '../refusal-log.ts';
import type { Consume } from './consume.ts';
import type { Introspection, ShowSchema } from './introspection.ts';
import type { GraphQLParams } from './parameters.ts';
import type { PreparedOperation } from './prepare.ts';

export type ExecuteDeps = {
  /** Made by `guardSchema`. */
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticator;
  readonly introspection: Introspection;
  readonly consume: Pick<Consume, 'operation'>;
  /** Where clients learn who issues tokens for this API (RFC 9728 §5.1). */
  readonly resourceMetadata: string;
  readonly onRefusal: OnRefusal;
};

/** A prepared operation, and who asks for it with what. */
export type Requested = {
  readonly operation: PreparedOperation;
  readonly params: GraphQLParams;
  readonly context: RequestContext;
};

/** Admits an operation (plan, credential, session, rules, rate limit) and executes it, or returns the refusal. */
export const executeOperation = (deps: ExecuteDeps, requested: Requested): MaybePromise<ExecutionResult> => {
  const shown = deps.introspection.schemaFor?.(requested.operation);
  return handleMaybePromise(
    () => admitOperation(deps, requested),
    (decision) => {
      if (decision.kind === 'refuse') return refuse(deps, requested, decision);
      if (shown) return executeShown(deps, requested, shown);
      return executeAdmitted(requested, decision, requested.operation.execute);
    },
  );
};

/** Decides whether the operation may run. */
export const admitOperation = (deps: ExecuteDeps, { operation, params, context }: Requested): MaybePromise<Decision> =>
  admit({
    schema: deps.schema,
    document: operation.document,
    operationName: operation.name,
    variables: params.variables,
    source: context,
    authenticate: deps.authenticate,
    consume: (viewer, fields) => deps.consume.operation(viewer, fields, context),
  });

export const refuse = (
  deps: ExecuteDeps,
  { context }: Requested,
  refusal: Extract<Decision, { kind: 'refuse' }>,
): ExecutionResult => {
  deps.onRefusal(refusal, context);
  return { errors: [refusalError(refusal, deps.resourceMetadata)] };
};

type Admitted = Extract<Decision, { kind: 'run' }>;

/** Variables are looked at now and not before: what is wrong with them describes the schema, which is for who was admitted. */
export const executeAdmitted = <Result>(
  { operation, params, context }: Requested,
  { viewer }: Admitted,
  execute: (context: object, variables: GraphQLParams['variables']) => MaybePromise<Result>,
): MaybePromise<Result | ExecutionResult> => {
  const errors = operation.checkVariables(params.variables);
  return errors ? { errors } : execute(withViewer(context, viewer), params.variables);
};

/** Executes against what the caller may see of the schema. */
const executeShown = async (deps: ExecuteDeps, requested: Requested, shown: ShowSchema): Promise<ExecutionResult> => {
  const decision = await shown.decide(requested.context);
  if (decision.kind === 'refuse') return { errors: [refusalError(decision, deps.resourceMetadata)] };
  return executeAdmitted(requested, decision, (_context, variables) => shown.execute(decision.viewer, variables));
};
