/** Returns what wraps every call of one method: it is given the call, runs it, and returns its result. */
export type Instrument = (store: string, verb: string) => <Result>(call: () => Result) => Result;

/** Returns the store with every method wrapped. Properties that are no methods stay. */
export const instrumentStore = <Store extends object>(name: string, store: Store, instrument: Instrument): Store =>
  Object.assign({}, store, Object.fromEntries(Object.entries(store).flatMap(wrapped(name, instrument))));

const wrapped =
  (name: string, instrument: Instrument) =>
  ([verb, method]: readonly [string, unknown]): readonly (readonly [string, unknown])[] => {
    if (typeof method !== 'function') return [];
    const wrap = instrument(name, verb);
    return [[verb, (...args: unknown[]): unknown => wrap(() => Reflect.apply(method, undefined, args))]];
  };

/** Runs the call, and calls `onEnd` with its error or null when it has ended, with or without a promise. */
export const onSettled = <Result>(call: () => Result, onEnd: (error: unknown) => void): Result => {
  try {
    const result = call();
    if (result instanceof Promise) result.then(() => onEnd(null), onEnd);
    else onEnd(null);
    return result;
  } catch (error) {
    onEnd(error);
    throw error;
  }
};
