/** What is put around each call of one method: it gets the call, makes it, and gives back what came of it. */
export type Instrument = (store: string, verb: string) => <Result>(call: () => Result) => Result;

/** A store whose every method is called through `around`. What is no method stays. */
export const instrumentStore = <Store extends object>(name: string, store: Store, around: Instrument): Store =>
  Object.assign({}, store, Object.fromEntries(Object.entries(store).flatMap(wrapped(name, around))));

const wrapped =
  (name: string, around: Instrument) =>
  ([verb, method]: readonly [string, unknown]): readonly (readonly [string, unknown])[] => {
    if (typeof method !== 'function') return [];
    const within = around(name, verb);
    return [[verb, (...given: unknown[]): unknown => within(() => Reflect.apply(method, undefined, given))]];
  };

/** Tells how a call ended, whether it answers at once or by a promise; the call's own outcome is left as it is. */
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
