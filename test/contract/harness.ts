/** What a contract suite needs of a backend: a place for data, and the stores over it. */
export type Harness<Stores, Options extends readonly unknown[] = []> = {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Removes all data and returns the stores. */
  readonly open: (...options: Options) => Promise<Stores>;
};

/** The same store in two instances of the server, over the same data. */
export type TwoInstances<Store> = { readonly store: Store; readonly other: Store };
