import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { argumentKey } from './argument-key.ts';
import { createExecutions } from './execution.ts';
import { batchOf } from './policy.ts';
import { createAskTogether, type OpenBatches } from './policy-batches.ts';
import { type Answer, type Call, createPolicyCalls, type PolicyCallDeps, type Question } from './policy-call.ts';
import type { PolicyUse } from './policy-use.ts';

/** Asks a policy, or remembers what it said about the same object and arguments in the same execution. Never throws or rejects. */
export type AskPolicy = (use: PolicyUse, question: Question) => MaybePromise<Answer>;

/** What one execution knows: the answers by object, by arguments, by policy. */
type Known = {
  readonly answers: Map<PolicyUse, Map<string, Map<object, Call<Answer>>>>;
  readonly batches: OpenBatches;
};

export const createAskPolicy = (deps: PolicyCallDeps): AskPolicy => {
  const calls = createPolicyCalls(deps);
  const askTogether = createAskTogether(calls);
  const knownOf = createExecutions<Known>(() => ({ answers: new Map(), batches: new Set() }));

  return (use, question) => {
    const { parent, args, context, info, value } = question;
    const decide = batchOf(use.policy);
    const key = value === undefined ? argumentKey(args) : null;
    const known = key === null && decide === null ? null : knownOf(context, info);
    const askAnew = (): Call<Answer> =>
      decide === null || known === null
        ? calls.callOne(use, question)
        : askTogether(known.batches, { use, decide, question, argumentKey: key });
    if (known === null || key === null || !isObject(parent)) return askAnew().answer;
    const answers = answersOf(known, use, key);
    const earlier = answers.get(parent);
    return earlier === undefined ? remember(answers, parent, askAnew()) : recall(earlier, askAnew);
  };
};

const answersOf = ({ answers }: Known, use: PolicyUse, key: string): Map<object, Call<Answer>> => {
  const byArguments = answers.get(use) ?? new Map<string, Map<object, Call<Answer>>>();
  if (byArguments.size === 0) answers.set(use, byArguments);
  const byObject = byArguments.get(key) ?? new Map<object, Call<Answer>>();
  if (byObject.size === 0) byArguments.set(key, byObject);
  return byObject;
};

/** An answer that is about one field says nothing about the next. */
const remember = (answers: Map<object, Call<Answer>>, parent: object, call: Call<Answer>): MaybePromise<Answer> => {
  const { answer, isAboutField } = call;
  if (!isPromise(answer)) {
    if (!isAboutField()) answers.set(parent, call);
    return answer;
  }
  answers.set(parent, call);
  return answer.then((settled) => {
    if (isAboutField()) answers.delete(parent);
    return settled;
  });
};

const recall = ({ answer, isAboutField }: Call<Answer>, askAnew: () => Call<Answer>): MaybePromise<Answer> =>
  isPromise(answer) ? answer.then((settled) => (isAboutField() ? askAnew().answer : settled)) : answer;

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
