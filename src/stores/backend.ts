/** A database or a server that stores are kept in. */
export type Backend = {
  readonly name: 'database' | 'redis';
  /** Rejects if it cannot answer in time. */
  readonly ping: () => Promise<void>;
  readonly checkServer: () => Promise<ServerCheck>;
  readonly close: () => Promise<void>;
};

/** Sentences for the operator. With a problem the server must not start; a warning is advice. */
export type ServerCheck = { readonly problems: readonly string[]; readonly warnings: readonly string[] };
