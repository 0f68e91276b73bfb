import type { Authentication, RejectionReason } from '../domain/authentication.ts';
import { type CodedError, GuardError, otherOrigin } from '../domain/errors.ts';
import { anonymous, ownViewer, type Viewer } from '../domain/viewer.ts';
import type { Refusal } from './errors.ts';
import type { Plan } from './plan.ts';
import type { Rule } from './rule.ts';
import { type Clock, denialOf, orderOfDenials, unmetPart } from './rule-denial.ts';

/** `run`: execute as this viewer; fields that a query may not see resolve to null with an error. `refuse`: nothing runs. */
export type Decision =
  | {
      readonly kind: 'run';
      readonly viewer: Viewer;
      /** In `mode: 'report'`: why it would have been refused. */
      readonly reported?: Refusal;
    }
  | ({ readonly kind: 'refuse' } & Refusal);

export const runAnonymously: Decision = { kind: 'run', viewer: anonymous };

/** Decides an operation whose plan has rules, before any resolver runs. Pure: the viewer is copied. */
export const decideOperation = (plan: Plan, authentication: Authentication, clock: Clock): Decision => {
  switch (authentication.kind) {
    case 'absent':
      return decideFor(plan, anonymous, clock);
    case 'accepted':
      return decideFor(plan, ownViewer(authentication.viewer), clock);
    case 'rejected':
      return {
        ...refuse(rejectionOf(authentication.reason), true),
        ...(authentication.challenge !== undefined && { challenge: authentication.challenge }),
      };
    case 'ambiguous':
      return refuse(new GuardError('AMBIGUOUS_CREDENTIALS'), true);
    default:
      return unreachable(authentication);
  }
};

const rejectionOf = (reason: RejectionReason): CodedError =>
  reason === 'ORIGIN' ? otherOrigin() : new GuardError('UNAUTHENTICATED', { reason });

export const refuse = (error: CodedError, presented: boolean): Decision => ({ kind: 'refuse', error, presented });

const unreachable = (value: never): never => {
  throw new TypeError(`Not an authentication: ${String(value)}`);
};

const decideFor = (plan: Plan, viewer: Viewer, clock: Clock): Decision => {
  const denied = findRefusingRule(plan, viewer, clock);
  if (denied === null) return { kind: 'run', viewer };
  return { ...refuse(denialOf(denied, viewer, clock), viewer.kind !== 'anonymous'), viewer };
};

/**
 * Returns the rule that refuses the whole operation, null if there is none. A query is refused when none of its root fields may
 * be read. Mutations and subscriptions are refused for any rule that is not met, even a rule of only some of the possible
 * types: nothing of them runs before all of it is known to be allowed. Of several rules the one counts that is least within the
 * caller's reach: nobody is asked to step up for what they may not see.
 */
const findRefusingRule = ({ operation, roots, rules }: Plan, viewer: Viewer, clock: Clock): Rule | null => {
  let first: { readonly rule: Rule; readonly order: number } | null = null;
  for (const rule of operation === 'query' ? roots : rules) {
    const unmet = rule === null ? null : unmetPart(rule, viewer, clock);
    if (rule === null || unmet === null) {
      if (operation === 'query') return null;
      continue;
    }
    const order = orderOfDenials.indexOf(unmet);
    if (first === null || order < first.order) first = { rule, order };
  }
  return first?.rule ?? null;
};
