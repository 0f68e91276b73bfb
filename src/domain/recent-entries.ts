/** A bounded cache of recently used entries: at most `capacity`, and the least recently used half is dropped at once. */
export type RecentEntries<Value> = {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
  readonly clear: () => void;
};

/** Keeps two generations: a full young one replaces the old one, and an entry used in the old one moves to the young one. */
export const createRecentEntries = <Value>(capacity: number): RecentEntries<Value> => {
  const generationSize = Math.max(1, Math.floor(capacity / 2));
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  const set = (key: string, value: Value): void => {
    if (young.size >= generationSize) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };

  const get = (key: string): Value | undefined => {
    const recent = young.get(key);
    if (recent !== undefined) return recent;
    const value = old.get(key);
    if (value !== undefined) set(key, value);
    return value;
  };

  const clear = (): void => {
    young = new Map();
    old = new Map();
  };

  return { get, set, clear };
};
