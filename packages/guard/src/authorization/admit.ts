import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { parseAuthentication } from '../credentials/answers.ts';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { CodedError, GuardError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { type Decision, decideOperation, refuse, runAnonymously } from './decision.ts';
import { callTold, tellFault } from './faults.ts';
import { type Guard, requireGuard } from './guard-registry.ts';
import type { Plan } from './plan.ts';
import { reportDecision } from './report.ts';
import { askRootPolicies } from './root-policies.ts';
import { runAs } from './run-as.ts';
import { timedOut, withTimeLimit } from './time-limit.ts';

/** One operation, parsed and validated but not yet executed. */
export type Operation = {
  /** Made by `guardSchema`. */
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
  /** What it will be executed with: the policies of a mutation's root fields are asked with it before anything runs. */
  readonly contextValue: unknown;
  readonly rootValue?: unknown;
  /** Called with the viewer before those policies are asked, for what the context has only once its viewer is known. */
  readonly prepareContext?: ((viewer: Viewer) => MaybePromise<void>) | undefined;
  /** The property of the context that shows the viewer to those policies: see `runAs`. */
  readonly contextKey?: string | null | undefined;
  readonly source: CredentialSource;
  /** Called only if the operation selects something guarded or optional. One that does not answer in time counts as unavailable. */
  readonly authenticate: Authenticator;
  readonly consume?: Consume | undefined;
};

/**
 * Counts an operation against the rate limits of its caller. Called last, for an operation that may run and before any of
 * it does; an error that is returned refuses it. `fields`: coordinates of the root fields, one for each response key.
 */
export type Consume = (viewer: Viewer, fields: readonly string[]) => MaybePromise<CodedError | null>;

/**
 * Decides whether an operation may run, before any resolver: plans it, verifies the credential only if the plan needs one,
 * checks the rules, and asks the policies of a mutation's root fields, so that a denial refuses all of it. Pass the viewer of a `run`
 * decision to the execution with `runAs`. Synchronous unless the authenticator, a policy or `consume` is not. Throws
 * `SchemaRulesError` for a schema that `assertGuarded` refuses, and throws or rejects for other bugs: an unavailable store is a refusal.
 *
 * @example
 * const decision = await admit({ schema, document, contextValue: {}, source, authenticate });
 * if (decision.kind === 'refuse') return { errors: [toGraphQLError(decision.error)] };
 * return runAs({}, decision.viewer, {}, (contextValue) => execute({ schema, document, contextValue }));
 */
export const admit = (operation: Operation): MaybePromise<Decision> => {
  const guard = requireGuard(operation.schema);
  const decision = decide(guard, operation);
  const { onDecision } = guard;
  if (onDecision === undefined) return decision;
  const { contextValue: context } = operation;
  const tell = (decided: Decision): Decision => {
    const { onFault } = guard.policies;
    callTold(() => onDecision(decided, context), { name: 'onDecision', onFault, context });
    return decided;
  };
  return isPromise(decision) ? decision.then(tell) : tell(decision);
};

const decide = (guard: Guard, operation: Operation): MaybePromise<Decision> => {
  const { document, operationName, variables, consume } = operation;
  const plan = planOrRefuse(() => guard.planFor(document, operationName, variables));
  if (plan === null) return runAnonymously;
  if ('kind' in plan) return plan;
  if (plan.rules.length === 0 && !plan.hides) return consumeQuota(runAnonymously, plan, consume);
  const judge = (authentication: unknown): MaybePromise<Decision> =>
    decideByPolicies(guard, plan, operation, decideOperation(plan, parseAuthentication(authentication), guard.clock));
  const count = (decision: Decision): MaybePromise<Decision> =>
    consumeQuota(guard.mode === 'report' ? reportDecision(decision) : decision, plan, consume);
  try {
    const authentication = operation.authenticate(operation.source);
    const decision = isPromise(authentication)
      ? answerInTime(guard, authentication, operation).then(judge)
      : judge(authentication);
    return isPromise(decision) ? decision.catch((error) => refuseIfCoded(error)).then(count) : count(decision);
  } catch (error) {
    return count(refuseIfCoded(error));
  }
};

const planOrRefuse = (plan: () => Plan | null): Plan | Decision | null => {
  try {
    return plan();
  } catch (error) {
    return refuseIfCoded(error, false);
  }
};

/** Fails closed: whether the credential is good is not known. */
const answerInTime = async (
  { policies: { policyTimeoutMs, onFault } }: Guard,
  authentication: Promise<Authentication>,
  { contextValue }: Operation,
): Promise<Authentication> => {
  const answer = await withTimeLimit(authentication, policyTimeoutMs);
  if (answer !== timedOut) return answer;
  tellFault(onFault, { message: `the authenticator did not answer within ${policyTimeoutMs} ms.` }, contextValue);
  throw new GuardError('SERVICE_UNAVAILABLE');
};

/** Mutations run as a whole or not at all, so their policies are asked before the first root field, and again by each of them. */
const decideByPolicies = (
  guard: Guard,
  plan: Plan,
  operation: Operation,
  decision: Decision,
): MaybePromise<Decision> => {
  const isAsked = plan.operation === 'mutation' && plan.roots.some((rule) => rule !== null && rule.policies.length > 0);
  if (decision.kind === 'refuse' || !isAsked) return decision;
  const { viewer } = decision;
  const decide = (denial: CodedError | null): Decision =>
    denial === null ? decision : { ...refuse(denial, viewer.kind !== 'anonymous'), viewer };
  const { contextValue, contextKey, prepareContext } = operation;
  const denial = runAs(contextValue, viewer, { contextKey, onFault: guard.policies.onFault }, (context) => {
    const prepared = prepareContext?.(viewer);
    const ask = () => askRootPolicies(guard, operation, context);
    return isPromise(prepared) ? prepared.then(ask) : ask();
  });
  return isPromise(denial) ? denial.then(decide) : decide(denial);
};

const consumeQuota = (decision: Decision, { fields }: Plan, consume: Consume | undefined): MaybePromise<Decision> => {
  if (decision.kind === 'refuse' || consume === undefined) return decision;
  const decide = (error: unknown): Decision => {
    if (error === null) return decision;
    if (error instanceof CodedError) return refuse(error, decision.viewer.kind !== 'anonymous');
    throw new TypeError('consume returned something else than null or a GuardError.');
  };
  try {
    const error: unknown = consume(decision.viewer, fields);
    return isPromise(error) ? error.then(decide).catch((reason) => refuseIfCoded(reason)) : decide(error);
  } catch (error) {
    return refuseIfCoded(error);
  }
};

/** An error with a code is a refusal. Anything else is a bug, which the server masks and logs. */
const refuseIfCoded = (error: unknown, presented = true): Decision => {
  if (error instanceof CodedError) {
    return refuse(error, presented);
  }
  throw error;
};
