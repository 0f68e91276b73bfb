type Waiting<Request, Answer> = {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Collects the requests of one turn of the event loop and hands them to `answerAll` at its end, `maxBatch` at a time.
 * `answerAll` returns the answers in the order of the requests, or rejects for all of them.
 */
export const batchPerTick = <Request, Answer>(
  answerAll: (requests: readonly Request[]) => Promise<readonly Answer[]>,
  maxBatch: number,
): ((request: Request) => Promise<Answer>) => {
  const waiting: Waiting<Request, Answer>[] = [];

  const flush = (): void => {
    const batch = waiting.splice(0, maxBatch);
    if (waiting.length > 0) setImmediate(flush);
    answerAll(batch.map(({ request }) => request)).then(
      (answers) => {
        for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  };

  return (request) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ request, resolve, reject });
    });
};
