/** Takes the place of an answer: this request fails, the others of its batch do not. */
export class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

type Caller<Answer> = { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void };

/**
 * Collects the requests of one turn of the event loop and hands them to `answerAll` at its end, `maxBatch` at a time.
 * `answerAll` returns the answers in the order of the requests. If it throws or rejects, all of them fail.
 */
export const batchPerTick = <Request, Answer>(
  answerAll: (requests: readonly Request[]) => readonly (Answer | Failure)[] | Promise<readonly (Answer | Failure)[]>,
  maxBatch: number,
): ((request: Request) => Promise<Answer>) => {
  const requests: Request[] = [];
  const callers: Caller<Answer>[] = [];

  const flush = async (): Promise<void> => {
    const batch = requests.splice(0, maxBatch);
    const waiting = callers.splice(0, maxBatch);
    if (requests.length > 0) setImmediate(flush);
    try {
      for (const [index, answer] of (await answerAll(batch)).entries()) {
        if (answer instanceof Failure) waiting[index]?.reject(answer.error);
        else waiting[index]?.resolve(answer);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  };

  return (request) => {
    if (requests.length === 0) setImmediate(flush);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    requests.push(request);
    callers.push({ resolve, reject });
    return promise;
  };
};
