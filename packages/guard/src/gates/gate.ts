import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import { admit } from '../authorization/admit.ts';
import type { Decision } from '../authorization/decision.ts';
import { isAsyncIterable, type WatchEnd } from '../authorization/ended-stream.ts';
import { type Refusal, toGraphQLError } from '../authorization/errors.ts';
import { callTold, type Fault, tellFault } from '../authorization/faults.ts';
import { assertGuarded } from '../authorization/guard.ts';
import { guardOf } from '../authorization/guard-registry.ts';
import { runAs } from '../authorization/run-as.ts';
import { endSourceWith } from '../authorization/stream-source.ts';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { CodedError, GuardError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { bindCopy } from '../domain/viewer-binding.ts';
import { checkOptions, type GateOptions } from './options.ts';
import { isUpgrade, requestOf, sourceOfContext } from './sources.ts';
import { endWithViewer, watchViewer } from './stream-end.ts';

/** One operation, as graphql's `execute` takes it. */
export type GatedOperation = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: unknown;
  readonly contextValue?: unknown;
  readonly rootValue?: unknown;
};

/** What is known of an operation besides its arguments, where a server does not keep its request in the context. */
export type Origin = {
  readonly source?: CredentialSource | undefined;
  /** The operations with the same one share one verification: those of a batch. Null: each is verified by itself. */
  readonly request?: object | null | undefined;
};

export type Admitted = Extract<Decision, { readonly kind: 'run' }>;

/** What all gates share. */
export type Gate = {
  /** Throws `SchemaRulesError` for a schema whose rules would not be enforced. Each schema is checked once. */
  readonly check: (schema: GraphQLSchema) => void;
  /** Decides an operation before any of it runs. Never throws or rejects: a bug is a refusal, and is reported. */
  readonly decide: (operation: GatedOperation, origin?: Origin) => MaybePromise<Decision>;
  /** Runs an admitted operation as its viewer. A stream among the results ends with the viewer's credential. */
  readonly run: <Context, Result>(
    admitted: Admitted,
    operation: GatedOperation & { readonly contextValue?: Context },
    execute: (contextValue: Context & object) => Result,
    origin?: Origin,
  ) => Result;
  /** Decides an operation, and runs it as its viewer or returns the refusal as its result. Never throws for a refusal. */
  readonly execute: <Result>(
    operation: GatedOperation,
    execute: (contextValue: object) => Result,
    origin?: Origin,
  ) => MaybePromise<Awaited<Result> | ExecutionResult>;
  /**
   * Binds the viewer of an admitted operation to its context, where a server leaves no execution to wrap. Returns what to call
   * when the operation is over. Throws as `run` does.
   */
  readonly hold: (admitted: Admitted, contextValue: unknown) => () => void;
  /**
   * Binds the viewer of an admitted subscription to the one copy that its server will make of the context. The source of its
   * stream ends with the viewer's credential.
   */
  readonly holdCopy: (admitted: Admitted, operation: GatedOperation, origin?: Origin) => void;
  /** Returns whether the result of an operation depends on who asks: it must not be kept for others. */
  readonly isPersonal: (operation: GatedOperation) => boolean;
  readonly fault: (fault: Fault, context: unknown) => void;
};

/** The refusals by the result that they are. */
const refusals = new WeakMap<object, Refusal>();

/** Returns a refusal as a result: one error and no data. Its status is found by `refusalOf`. */
export const refusedResult = (
  refusal: Refusal,
  error: GraphQLError = toGraphQLError(refusal.error),
): ExecutionResult => {
  const result = { errors: [error] };
  refusals.set(result, refusal);
  return result;
};

/**
 * Returns the refusal that a result of `execute` or `subscribe` is, null for every other result. `refusalHttp` gives its status
 * and headers.
 *
 * @example
 * const result = await guard.execute({ schema, document, source, authenticate });
 * const refusal = refusalOf(result);
 * const { status, headers } = refusal ? refusalHttp(refusal) : { status: 200, headers: {} };
 */
export const refusalOf = (result: unknown): Refusal | null =>
  typeof result === 'object' && result !== null ? (refusals.get(result) ?? null) : null;

const bug = (): Decision => ({ kind: 'refuse', error: new GuardError('INTERNAL_SERVER_ERROR'), presented: false });

/** Returns the core of a gate. Throws TypeError for options that are missing or wrong. */
export const createGate = (options: GateOptions): Gate => {
  checkOptions(options);
  const authenticateOnce = oncePerRequest(options.authenticate);
  const { sourceOf = sourceOfContext, consume, onDecision, onFault } = options;
  const fault = (what: Fault, context: unknown): void => tellFault(onFault, what, context);

  const admitOperation = (operation: GatedOperation, origin: Origin, isFirst: boolean): MaybePromise<Decision> => {
    const { schema, variableValues: variables, contextValue: context } = operation;
    check(schema);
    const { source = sourceOf(context), request = shareable(requestOf(context)) } = origin;
    const once: Authenticator = (from) => (request ? authenticateOnce(request, from) : options.authenticate(from));
    return admit({
      ...operation,
      ...{ contextValue: context, contextKey: options.contextKey, variables, source },
      authenticate: isFirst ? once : options.authenticate,
      consume: isFirst && consume ? (viewer, fields) => consume(viewer, fields, context) : undefined,
    });
  };

  const decide: Gate['decide'] = (operation, origin = {}) =>
    handleMaybePromise(
      () => admitOperation(operation, origin, true),
      (decision) => {
        const { contextValue: context } = operation;
        if (onDecision) callTold(() => onDecision(decision, context), { name: 'onDecision', onFault, context });
        return decision;
      },
      (error) => {
        fault({ message: 'an operation was not decided, and refused', error }, operation.contextValue);
        return bug();
      },
    );

  const run: Gate['run'] = ({ viewer }, operation, execute, origin = {}) => {
    const recheck = () => admitOperation(operation, origin, false);
    const result = runAs(operation.contextValue, viewer, options, execute as never);
    return endWithViewer(result, viewer, { ...options, recheck }) as never;
  };

  const execute: Gate['execute'] = (operation, executeFn, origin = {}) =>
    handleMaybePromise(
      () => decide(operation, origin),
      (decision) => {
        if (decision.kind === 'refuse') return refusedResult(decision);
        return refuseIfCoded(() => run(decision, operation, executeFn, origin), decision.viewer) as never;
      },
    ) as never;

  const hold: Gate['hold'] = ({ viewer }, contextValue) => {
    let end = (): void => undefined;
    const isOver = new Promise<void>((resolve) => (end = resolve));
    void runAs(contextValue, viewer, options, () => isOver);
    return end;
  };

  const holdCopy: Gate['holdCopy'] = ({ viewer }, operation, origin = {}) => {
    if (viewer.kind === 'anonymous') return;
    const recheck = () => admitOperation(operation, origin, false);
    const watch: WatchEnd = watchViewer(viewer, { ...options, recheck });
    bindCopy(Object(operation.contextValue), viewer, (copy) => endSourceWith(copy, watch));
  };

  return { check, decide, run, execute, hold, holdCopy, isPersonal, fault };
};

const isPersonal = ({ schema, document, operationName, variableValues }: GatedOperation): boolean => {
  try {
    const plan = guardOf(schema)?.planFor(document, operationName, variableValues) ?? null;
    return plan === null || plan.rules.length > 0 || plan.hides;
  } catch {
    // Too large to be planned: it is refused, and not kept either.
    return true;
  }
};

/** A context that another viewer uses is refused by `runAs`: as a result, and not as an exception that servers mask. */
const refuseIfCoded = (run: () => unknown, viewer: Viewer): unknown => {
  try {
    return run();
  } catch (error) {
    if (error instanceof CodedError) return refusedResult({ error, presented: viewer.kind !== 'anonymous' });
    throw error;
  }
};

/** Each schema is checked once, whichever gate it is used by: the rules of one do not change. */
const checked = new WeakSet<GraphQLSchema>();

const check = (schema: GraphQLSchema): void => {
  if (checked.has(schema)) return;
  assertGuarded(schema);
  checked.add(schema);
};

/** The request that opened a WebSocket serves many operations over hours: each of them is verified. */
const shareable = (request: unknown): object | null =>
  typeof request === 'object' && request !== null && !isUpgrade(request) ? request : null;

/** The operations of a batch are decided one by one, and the credential of their request is verified once. */
const oncePerRequest = (authenticate: Authenticator) => {
  const known = new WeakMap<object, MaybePromise<Authentication>>();
  return (request: object, source: CredentialSource): MaybePromise<Authentication> => {
    const authentication = known.get(request) ?? authenticate(source);
    known.set(request, authentication);
    return authentication;
  };
};

/** A subscription that a policy denied has errors instead of a stream: it is refused like one that was decided before. */
export const denialIn = (result: unknown): Refusal | null => {
  if (isAsyncIterable(result)) return null;
  const { errors = [] } = Object(result) as ExecutionResult;
  const denial = errors.find(({ extensions }) => isDenial(extensions));
  if (denial === undefined) return null;
  const { code, ...details } = denial.extensions as { readonly code: 'FORBIDDEN' | 'SERVICE_UNAVAILABLE' };
  return { error: new GuardError(code, details, denial.message), presented: true };
};

const isDenial = ({ code }: Readonly<Record<string, unknown>>): boolean =>
  code === 'FORBIDDEN' || code === 'SERVICE_UNAVAILABLE';
