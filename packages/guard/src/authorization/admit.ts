import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { type Decision, decideOperation, refuse, runAnonymously } from './decision.ts';
import { guardOf } from './guard.ts';
import type { Plan } from './plan.ts';

/** One operation at the gate: parsed and validated, not yet executed. */
export type Operation = {
  /** Made by `guardSchema`. */
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
  readonly source: CredentialSource;
  /** Asked only if the operation has something guarded or optional in it. */
  readonly authenticate: Authenticator;
  /** Asked last of what may run, before any of it does: an error refuses it. */
  readonly charge?: Charge | undefined;
};

/** Counts an operation against the limits of whoever asks for it. `fields`: as in its plan. */
export type Charge = (viewer: Viewer, fields: readonly string[]) => CodedError | null | Promise<CodedError | null>;

/**
 * Decides whether an operation may run, before any resolver: plan, verify only if the plan says so, decide. Put the
 * viewer of a `run` into the context with `withViewer`. Synchronous unless the authenticator is not. Rejects only for
 * bugs; a store that cannot answer is a refusal.
 */
export const admit = (operation: Operation): Decision | Promise<Decision> => {
  const guard = guardOf(operation.schema);
  if (guard === null) {
    throw new Error('This schema was not made by guardSchema: its rules would not be enforced.');
  }
  const plan = guard.planFor(operation.schema)(operation.document, operation.operationName, operation.variables);
  if (plan === null) {
    return runAnonymously;
  }
  if (plan.rules.length === 0) {
    return afterCharge(runAnonymously, plan, operation.charge);
  }
  const decide = (authentication: Authentication): Decision | Promise<Decision> =>
    afterCharge(decideOperation(plan, authentication), plan, operation.charge);
  try {
    const authentication = operation.authenticate(operation.source);
    return isThenable(authentication)
      ? Promise.resolve(authentication).then(decide).catch(refuseIfKnown)
      : decide(authentication);
  } catch (error) {
    return refuseIfKnown(error);
  }
};

const afterCharge = (
  decision: Decision,
  { fields }: Plan,
  charge: Charge | undefined,
): Decision | Promise<Decision> => {
  if (decision.kind === 'refuse' || charge === undefined) {
    return decision;
  }
  const conclude = (error: CodedError | null): Decision =>
    error === null ? decision : refuse(error, decision.viewer.kind !== 'anonymous');
  const charged = charge(decision.viewer, fields);
  return isThenable(charged) ? charged.then(conclude) : conclude(charged);
};

/** Failures of ours have an answer of their own. Anything else is a bug, and is left to whoever masks and logs those. */
const refuseIfKnown = (error: unknown): Decision => {
  if (error instanceof CodedError) {
    return refuse(error, true);
  }
  throw error;
};

const isThenable = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
