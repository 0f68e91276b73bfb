import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { CodedError } from '../domain/errors.ts';
import { policyDenialOf } from './decision.ts';
import type { OnFault } from './faults.ts';
import type { Policies } from './policy.ts';
import { type AskPolicy, createAskPolicy } from './policy-answers.ts';
import type { Answer, Question } from './policy-call.ts';
import { createPolicyUses, type PolicyUse } from './policy-use.ts';
import type { Rule } from './rule.ts';
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

/** Throws TypeError for a time limit that is none. */
export const createPolicyRunner = (options: PolicyOptions) => {
  const { policies = {}, policyTimeoutMs = defaultPolicyTimeoutMs, onFault } = options;
  checkTimeoutMs('policyTimeoutMs', policyTimeoutMs);
  const useOf = createPolicyUses(policies);
  const ask = createAskPolicy({ policyTimeoutMs, onFault });
  /** Returns the policies of a rule. Throws for one that does not exist, which the start has refused. */
  const usesOf = (rule: Rule): readonly PolicyUse[] => rule.policies.map((text) => useOf(text) ?? missing(text));
  const deny = (rule: Rule, uses: readonly PolicyUse[], about: Omit<Question, 'coordinate'>) =>
    firstDenial({ ask, rule, question: { ...about, coordinate: rule.coordinate } }, uses);
  return { usesOf, deny, policyTimeoutMs, onFault };
};

const missing = (text: string): never => {
  throw new Error(`There is no policy ${text}.`);
};

type Asked = { readonly ask: AskPolicy; readonly rule: Rule; readonly question: Question };

/**
 * Asks the policies one after another and returns the denial of the first that does not pass, null if all do. Returns a promise only
 * if one of them does: waiting for each item of a list costs many times the list.
 */
const firstDenial = (asked: Asked, uses: readonly PolicyUse[]): MaybePromise<CodedError | null> => {
  for (const [index, use] of uses.entries()) {
    const answer = asked.ask(use, asked.question);
    if (answer === true) continue;
    if (!isPromise(answer)) return denialBy(answer, use, asked.rule);
    return answer.then((settled) =>
      settled === true ? firstDenial(asked, uses.slice(index + 1)) : denialBy(settled, use, asked.rule),
    );
  }
  return null;
};

const denialBy = (answer: Answer, { text }: PolicyUse, rule: Rule): CodedError =>
  typeof answer === 'boolean' ? policyDenialOf(rule, text) : answer;
