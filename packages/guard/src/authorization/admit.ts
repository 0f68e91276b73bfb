import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { parseAuthentication } from '../credentials/answers.ts';
import type { Authenticator, CredentialSource } from '../domain/authentication.ts';
import { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { type Decision, decideOperation, refuse, runAnonymously } from './decision.ts';
import { guardOf } from './guard-registry.ts';
import type { Plan } from './plan.ts';

/** One operation, parsed and validated but not yet executed. */
export type Operation = {
  /** Made by `guardSchema`. */
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
  readonly source: CredentialSource;
  /** Called only if the operation selects something guarded or optional. */
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
 * checks the rules. Pass the viewer of a `run` decision to the execution with `runAs`. Synchronous unless the
 * authenticator or `consume` is not. Throws or rejects only for bugs: an unavailable store is a refusal.
 *
 * @example
 * const decision = await admit({ schema, document, source, authenticate });
 * if (decision.kind === 'refuse') return { errors: [toGraphQLError(decision.error)] };
 * return runAs({}, decision.viewer, {}, (contextValue) => execute({ schema, document, contextValue }));
 */
export const admit = (operation: Operation): MaybePromise<Decision> => {
  const { document, operationName, variables, consume } = operation;
  const guard = guardOf(operation.schema);
  if (guard === null) {
    throw new Error('The schema was not made by guardSchema, so its rules would not be enforced.');
  }
  const plan = planOrRefuse(() => guard.planFor(document, operationName, variables));
  if (plan === null) return runAnonymously;
  if ('kind' in plan) return plan;
  if (plan.rules.length === 0) return consumeQuota(runAnonymously, plan, consume);
  const decide = (authentication: unknown): MaybePromise<Decision> =>
    consumeQuota(decideOperation(plan, parseAuthentication(authentication)), plan, consume);
  try {
    const authentication = operation.authenticate(operation.source);
    return isPromise(authentication)
      ? Promise.resolve(authentication).then(decide).catch(refuseIfCoded)
      : decide(authentication);
  } catch (error) {
    return refuseIfCoded(error);
  }
};

const planOrRefuse = (plan: () => Plan | null): Plan | Decision | null => {
  try {
    return plan();
  } catch (error) {
    return refuseIfCoded(error);
  }
};

const consumeQuota = (decision: Decision, { fields }: Plan, consume: Consume | undefined): MaybePromise<Decision> => {
  if (decision.kind === 'refuse' || consume === undefined) return decision;
  const decide = (error: CodedError | null): Decision =>
    error === null ? decision : refuse(error, decision.viewer.kind !== 'anonymous');
  const error = consume(decision.viewer, fields);
  return isPromise(error) ? error.then(decide) : decide(error);
};

/** An error with a code is a refusal. Anything else is a bug, which the server masks and logs. */
const refuseIfCoded = (error: unknown): Decision => {
  if (error instanceof CodedError) {
    return refuse(error, true);
  }
  throw error;
};
