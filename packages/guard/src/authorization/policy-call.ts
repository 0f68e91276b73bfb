import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { GraphQLResolveInfo } from 'graphql';
import { CodedError, GuardError } from '../domain/errors.ts';
import { type OnFault, tellFault } from './faults.ts';
import type { Arguments, DecideBatch, PolicyDetails } from './policy.ts';
import type { PolicyUse } from './policy-use.ts';
import { timedOut, withTimeLimit } from './time-limit.ts';

/** `true` passes, `false` denies, an error says that the policy cannot tell. */
export type Answer = boolean | CodedError;

/** What a policy is asked about. */
export type Question = {
  /** Of the rule, for the log. */
  readonly coordinate: string;
  readonly parent: unknown;
  readonly args: Arguments;
  readonly context: unknown;
  readonly info: GraphQLResolveInfo;
  readonly event: unknown;
  readonly value: unknown;
};

/** An answer, and whether it is about one field only, because the policy looked at the field. */
export type Call<Result> = { readonly answer: MaybePromise<Result>; readonly isAboutField: () => boolean };

export type PolicyCallDeps = { readonly policyTimeoutMs: number; readonly onFault: OnFault | undefined };

export type PolicyCalls = ReturnType<typeof createPolicyCalls>;

/** Calls policies. What they answer is an `Answer`, whatever they return, throw or fail to do; what is a bug is told. */
export const createPolicyCalls = ({ policyTimeoutMs, onFault }: PolicyCallDeps) => {
  const fault = (use: PolicyUse, { coordinate, context }: Question, what: string, error?: unknown): void => {
    const { name: policy } = use;
    tellFault(onFault, { message: `${coordinate}: the policy ${policy} ${what}.`, error, coordinate, policy }, context);
  };

  const failed = (use: PolicyUse, question: Question, error: unknown): Answer => {
    if (error instanceof CodedError && error.code === 'SERVICE_UNAVAILABLE') return error;
    fault(use, question, 'threw an error, and denies', error);
    return false;
  };

  const call = <Result>(
    use: PolicyUse,
    question: Question,
    decide: (details: PolicyDetails) => unknown,
    { read, fail }: { readonly read: (answer: unknown) => Result; readonly fail: (answer: Answer) => Result },
  ): Call<Result> => {
    const details = new Details(use, question);
    const settle = (answer: unknown): Result => {
      if (answer !== timedOut) return read(answer);
      fault(use, question, `did not answer within ${policyTimeoutMs} ms`);
      return fail(new GuardError('SERVICE_UNAVAILABLE'));
    };
    const reject = (error: unknown): Result => fail(failed(use, question, error));
    try {
      const answer = decide(details);
      if (!isPromise(answer)) return settledCall(read(answer), details);
      const isAboutField = (): boolean => Details.isInfoRead(details);
      return { answer: withTimeLimit(answer, policyTimeoutMs).then(settle, reject), isAboutField };
    } catch (error) {
      return settledCall(reject(error), details);
    }
  };

  const callOne = (use: PolicyUse, question: Question): Call<Answer> => {
    const { parent, args, context } = question;
    return call(use, question, (details) => use.policy(parent, args, context, details), {
      read: (answer) => answer === true,
      fail: (answer) => answer,
    });
  };

  const callBatch = (
    use: PolicyUse,
    decide: DecideBatch,
    parents: readonly unknown[],
    question: Question,
  ): Call<readonly Answer[]> => {
    const all = (answer: Answer): readonly Answer[] => parents.map(() => answer);
    return call(use, question, (details) => decide([...parents], question.args, question.context, details), {
      read: (answers) => {
        if (Array.isArray(answers) && answers.length === parents.length) {
          return Array.from(answers, (answer) => answer === true);
        }
        fault(use, question, `answered something else than a list of ${parents.length}, and denies`);
        return all(false);
      },
      fail: all,
    });
  };

  return { callOne, callBatch };
};

const yes = (): boolean => true;
const no = (): boolean => false;

/** A policy that has answered looks at nothing more. */
const settledCall = <Result>(answer: Result, details: Details): Call<Result> => ({
  answer,
  isAboutField: Details.isInfoRead(details) ? yes : no,
});

/**
 * What a policy is given. The field is a getter: whether a policy has looked at it decides for which fields its answer holds. A class,
 * because a getter that is made for each call costs many times the call.
 */
class Details implements PolicyDetails {
  readonly params: Arguments;
  readonly event: unknown;
  readonly value: unknown;
  readonly #info: GraphQLResolveInfo;
  #isInfoRead = false;

  constructor({ params }: PolicyUse, { info, event, value }: Question) {
    this.params = params;
    this.event = event;
    this.value = value;
    this.#info = info;
  }

  get info(): GraphQLResolveInfo {
    this.#isInfoRead = true;
    return this.#info;
  }

  static isInfoRead(details: Details): boolean {
    return details.#isInfoRead;
  }
}
