import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { CodedError } from '../domain/errors.ts';
import type { OnFault } from './faults.ts';
import type { Policies } from './policy.ts';
import { type AskPolicy, createAskPolicy } from './policy-answers.ts';
import type { Answer, Question } from './policy-call.ts';
import { createPolicyUses, type PolicyUse } from './policy-use.ts';
import type { Rule } from './rule.ts';
import { policyDenialOf } from './rule-denial.ts';
import { checkTimeoutMs } from './time-limit.ts';

export type PolicyOptions = {
  /** By the names that `@auth(policy: "…")` uses. */
  readonly policies?: Policies;
  /** After how many milliseconds a policy or authenticator that has not answered counts as unavailable. Default: 5000. */
  readonly policyTimeoutMs?: number;
  /** Is told what the embedder should mend. Default: `console.error`. */
  readonly onFault?: OnFault | undefined;
};

const defaultPolicyTimeoutMs = 5000;

/** The policies of one guarded schema. */
export type PolicyRunner = ReturnType<typeof createPolicyRunner>;

/** Throws TypeError for an invalid time limit. */
export const createPolicyRunner = (options: PolicyOptions) => {
  const { policies = {}, policyTimeoutMs = defaultPolicyTimeoutMs, onFault } = options;
  checkTimeoutMs('policyTimeoutMs', policyTimeoutMs);
  const useOf = createPolicyUses(policies);
  const ask = createAskPolicy({ policyTimeoutMs, onFault });
  /** Returns the policies of a rule. Throws for one that does not exist, which the start has refused. */
  const usesOf = (rule: Rule): readonly PolicyUse[] => rule.policies.map((text) => useOf(text) ?? missing(text));
  const deny = (rule: Rule, uses: readonly PolicyUse[], question: Question) => firstDenial(ask, rule, uses, question);
  return { usesOf, deny, policyTimeoutMs, onFault };
};

const missing = (text: string): never => {
  throw new Error(`There is no policy ${text}.`);
};

/**
 * Asks the policies one after another and returns the denial of the first that does not pass, null if all do. Returns a promise only
 * if one of them does: waiting for each item of a list costs many times the list.
 */
const firstDenial = (
  ask: AskPolicy,
  rule: Rule,
  uses: readonly PolicyUse[],
  question: Question,
): MaybePromise<CodedError | null> => {
  for (const use of uses) {
    const answer = ask(use, question);
    if (answer === true) continue;
    if (!isPromise(answer)) return denialBy(answer, use, rule);
    const rest = uses.slice(uses.indexOf(use) + 1);
    return answer.then((settled) =>
      settled === true ? firstDenial(ask, rule, rest, question) : denialBy(settled, use, rule),
    );
  }
  return null;
};

const denialBy = (answer: Answer, { text }: PolicyUse, rule: Rule): CodedError =>
  typeof answer === 'boolean' ? policyDenialOf(rule, text) : answer;
