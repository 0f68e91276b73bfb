import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { argumentKey } from './argument-key.ts';
import { createExecutions } from './execution.ts';
import { batchOf } from './policy.ts';
import { createAskTogether, type OpenBatches } from './policy-batches.ts';
import { type Answer, type Call, createPolicyCalls, type PolicyCallDeps, type Question } from './policy-call.ts';
import type { PolicyUse } from './policy-use.ts';

/** Asks a policy, or remembers what it said about the same object and arguments in the same execution. Never throws or rejects. */
export type AskPolicy = (use: PolicyUse, question: Question) => MaybePromise<Answer>;

type Answers = Map<PolicyUse, Map<string, Map<object, Call<Answer>>>>;

/** Which policy was asked with which arguments about which object. */
type Subject = { readonly use: PolicyUse; readonly key: string; readonly parent: object };

/** What one execution knows: the first answer by itself, because most executions ask once, and the others by policy, arguments, object. */
type Known = {
  first: (Subject & { readonly call: Call<Answer> }) | null;
  others: Answers | null;
  batches: OpenBatches | null;
};

export const createAskPolicy = (deps: PolicyCallDeps): AskPolicy => {
  const calls = createPolicyCalls(deps);
  const askTogether = createAskTogether(calls);
  const knownOf = createExecutions<Known>(() => ({ first: null, others: null, batches: null }));

  return (use, question) => {
    const { parent, args, context, info, value } = question;
    const decide = batchOf(use.policy);
    const key = value === undefined ? argumentKey(args) : null;
    const known = key === null && decide === null ? null : knownOf(context, info);
    const askAnew = (): Call<Answer> => {
      if (decide === null || known === null) return calls.callOne(use, question);
      known.batches ??= new Set();
      return askTogether(known.batches, { use, decide, question, argumentKey: key });
    };
    if (known === null || key === null || !isObject(parent)) return askAnew().answer;
    const subject = { use, key, parent };
    const earlier = find(known, subject);
    return earlier === undefined ? remember(known, subject, askAnew()) : recall(earlier, askAnew);
  };
};

const find = ({ first, others }: Known, { use, key, parent }: Subject): Call<Answer> | undefined =>
  first !== null && first.parent === parent && first.use === use && first.key === key
    ? first.call
    : others?.get(use)?.get(key)?.get(parent);

const keep = (known: Known, { use, key, parent }: Subject, call: Call<Answer>): void => {
  if (known.first === null) {
    known.first = { use, key, parent, call };
    return;
  }
  known.others ??= new Map();
  const byArguments = known.others.get(use) ?? new Map<string, Map<object, Call<Answer>>>();
  if (byArguments.size === 0) known.others.set(use, byArguments);
  const byObject = byArguments.get(key) ?? new Map<object, Call<Answer>>();
  if (byObject.size === 0) byArguments.set(key, byObject);
  byObject.set(parent, call);
};

const forget = (known: Known, { use, key, parent }: Subject, call: Call<Answer>): void => {
  if (known.first?.call === call) known.first = null;
  else known.others?.get(use)?.get(key)?.delete(parent);
};

/** An answer that is about one field says nothing about the next. */
const remember = (known: Known, subject: Subject, call: Call<Answer>): MaybePromise<Answer> => {
  const { answer, isAboutField } = call;
  if (!isPromise(answer)) {
    if (!isAboutField()) keep(known, subject, call);
    return answer;
  }
  keep(known, subject, call);
  return answer.then((settled) => {
    if (isAboutField()) forget(known, subject, call);
    return settled;
  });
};

const recall = ({ answer, isAboutField }: Call<Answer>, askAnew: () => Call<Answer>): MaybePromise<Answer> =>
  isPromise(answer) ? answer.then((settled) => (isAboutField() ? askAnew().answer : settled)) : answer;

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
