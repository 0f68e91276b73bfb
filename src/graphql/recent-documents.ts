const mostTexts = 1_000;
const longestText = 10_000;
/**
 * Of all texts together. What is parsed, planned and compiled of one token takes up to 1 KB, so that a number of texts alone
 * would bound nothing: a thousand documents of the longest kind, which anybody may send, are a gigabyte.
 */
const mostTokens = 50_000;

/** What was made of documents, by their texts: the most recent ones, and of them no more than fits into a bounded memory. */
export type RecentDocuments<Value> = {
  readonly get: (text: string) => Value | undefined;
  readonly set: (text: string, value: Value) => void;
};

export const createRecentDocuments = <Value>(tokensOf: (value: Value) => number): RecentDocuments<Value> => {
  const known = new Map<string, Value>();
  let tokens = 0;

  const forget = (text: string): void => {
    const value = known.get(text);
    if (value === undefined) return;
    known.delete(text);
    tokens -= tokensOf(value);
  };

  const set = (text: string, value: Value): void => {
    if (text.length > longestText) return;
    forget(text);
    known.set(text, value);
    tokens += tokensOf(value);
    for (const oldest of known.keys()) {
      if (known.size <= mostTexts && tokens <= mostTokens) return;
      forget(oldest);
    }
  };

  return { get: (text) => known.get(text), set };
};
