import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { GraphQLResolveInfo } from 'graphql';
import type { DecideBatch } from './policy.ts';
import type { Answer, Call, PolicyCalls, Question } from './policy-call.ts';
import type { PolicyUse } from './policy-use.ts';

/** Questions that are asked together. */
type Batch = {
  readonly use: PolicyUse;
  readonly argumentKey: string;
  /** Its field is the only one, if the policy looks at the field. */
  readonly first: Question;
  readonly parents: unknown[];
  /** Settled when it was asked. Never rejects. */
  readonly call: Promise<{ readonly answers: readonly Answer[]; readonly isAboutField: boolean }>;
};

/** The batches of one execution that are not asked yet. */
export type OpenBatches = Set<Batch>;

/** One question to a batch policy. */
export type BatchQuestion = {
  readonly use: PolicyUse;
  readonly decide: DecideBatch;
  readonly question: Question;
  /** Null: the arguments are like no others. */
  readonly argumentKey: string | null;
};

/** Batch policies that have looked at a field once. They are asked about the objects of each field for themselves. */
const aboutFields = new WeakSet<PolicyUse>();

/**
 * Returns a function that adds a question to the batch of its policy and arguments, which is asked at the end of this tick, and
 * calls that batch's answer its own.
 */
export const createAskTogether = ({ callBatch }: PolicyCalls) => {
  const open = (batches: OpenBatches, { use, decide, question, argumentKey }: BatchQuestion): Batch => {
    const parents: unknown[] = [];
    const call = Promise.resolve().then(async () => {
      batches.delete(batch);
      const { answer, isAboutField } = callBatch(use, decide, parents, question);
      const answers = await answer;
      if (isAboutField()) aboutFields.add(use);
      return { answers, isAboutField: isAboutField() };
    });
    const batch: Batch = { use, argumentKey: argumentKey ?? '', first: question, parents, call };
    if (argumentKey !== null) batches.add(batch);
    return batch;
  };

  const ask = (batches: OpenBatches, asked: BatchQuestion): Call<Answer> => {
    const batch = findOpen(batches, asked) ?? open(batches, asked);
    const index = batch.parents.push(asked.question.parent) - 1;
    let isAboutField = false;
    const answer = batch.call.then((called): MaybePromise<Answer> => {
      isAboutField = called.isAboutField;
      // The policy has looked at the field of the first question, which is not this one's: it is asked again about this field.
      if (isAboutField && !isSameField(batch.first.info, asked.question.info)) return ask(batches, asked).answer;
      return called.answers[index] ?? false;
    });
    return { answer, isAboutField: () => isAboutField };
  };

  return ask;
};

const findOpen = (batches: OpenBatches, { use, question, argumentKey }: BatchQuestion): Batch | undefined => {
  if (argumentKey === null) return undefined;
  for (const batch of batches) {
    if (batch.use !== use || batch.argumentKey !== argumentKey) continue;
    if (!aboutFields.has(use) || isSameField(batch.first.info, question.info)) return batch;
  }
  return undefined;
};

/** Returns whether both are one place in the document, on objects of one type. */
export const isSameField = (one: GraphQLResolveInfo, other: GraphQLResolveInfo): boolean =>
  one.fieldNodes[0] === other.fieldNodes[0] && one.parentType === other.parentType;
