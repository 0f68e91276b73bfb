/** Returns its argument as the new object, so that a derived class adds its private fields to an object that is there already. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what the class is for.
    return object;
  }
}

/**
 * Keeps a value with an object, as a WeakMap does: nobody else can read or change it, and a copy of the object has none. It is a private
 * field of the object. A WeakMap would be looked through by each garbage collection, which takes longer than a request.
 */
export const createPrivateRecord = <Value>() => {
  class Keeper extends Given {
    #value: Value;
    constructor(object: object, value: Value) {
      super(object);
      this.#value = value;
    }
    static get(object: object): Value | undefined {
      return #value in object ? object.#value : undefined;
    }
  }
  /** For objects that can get no field. */
  const others = new WeakMap<object, Value>();
  return {
    get: (object: object): Value | undefined => Keeper.get(object) ?? others.get(object),
    /** Once for each object. */
    add: (object: object, value: Value): void => {
      if (Object.isExtensible(object)) new Keeper(object, value);
      else others.set(object, value);
    },
  };
};
