/** One question that was put to a token, and what came of it. */
export type Check = {
  readonly check: string;
  readonly outcome: 'passed' | 'failed' | 'not checked';
  /** A part of a sentence, for people; never a part of the token that is secret. */
  readonly detail: string;
};
