export type MaybePromise<Value> = Value | Promise<Value>;

/** Whether the value is there already. */
export const isSettled = <Value>(value: MaybePromise<Value>): value is Value => !(value instanceof Promise);

/** `next` of the value: at once if it is there already, so that what needs no waiting costs no promise. */
export const whenSettled = <Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> => (isSettled(value) ? next(value) : value.then(next));
