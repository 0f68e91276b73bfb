type Waiting<Question, Answer> = {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * What is asked in one turn of the event loop is asked together, at its end: `askAll` answers in the order of the questions,
 * or fails for all of them. Nobody waits for a question that comes later.
 */
export const batchPerTick = <Question, Answer>(
  askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  mostAtOnce: number,
): ((question: Question) => Promise<Answer>) => {
  const waiting: Waiting<Question, Answer>[] = [];

  const send = (): void => {
    const sent = waiting.splice(0, mostAtOnce);
    if (waiting.length > 0) setImmediate(send);
    askAll(sent.map(({ question }) => question)).then(
      (answers) => {
        for (const [index, answer] of answers.entries()) sent[index]?.resolve(answer);
      },
      (error: unknown) => {
        for (const { reject } of sent) reject(error);
      },
    );
  };

  return (question) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(send);
      waiting.push({ question, resolve, reject });
    });
};
