import type { ClientInfo, Viewer } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { Role } from './role.ts';

/** An account as resolvers of the user see it. What the caller may not read of it is null. Return it for a field of type `User`. */
export type Account = {
  readonly id: string;
  /** The display name; empty if none was given. */
  readonly name: string;
  readonly email: string | null;
  readonly role: Role | null;
  readonly createdAt: EpochMillis | null;
  readonly disabledAt: EpochMillis | null;
};

/** Accounts, with the rights of the caller: each function demands what the field of the schema that does the same demands. */
export type ViewerAccounts = {
  /** Resolves with the account, or null. Demands what `Query.user` does. */
  readonly find: (id: string) => Promise<Account | null>;
  /** The same for many, in one query: one entry for each id, in their order. */
  readonly findMany: (ids: readonly string[]) => Promise<readonly (Account | null)[]>;
  /** Demands what `Mutation.setUserRole` does. */
  readonly setRole: (id: string, role: Role) => Promise<Account>;
  /** Demands what `Mutation.disableUser` does. */
  readonly disable: (id: string) => Promise<Account>;
  /** Demands what `Mutation.enableUser` does. */
  readonly enable: (id: string) => Promise<Account>;
  /** The same without the caller's rights. The log of events has the actor `server` and the reason. */
  readonly asServer: (reason: string) => ServerAccounts;
};

export type NewAccount = {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
  readonly role?: Role;
};

/** Accounts, with every right. */
export type ServerAccounts = Omit<ViewerAccounts, 'asServer'> & {
  readonly findByEmail: (email: string) => Promise<Account | null>;
  readonly create: (account: NewAccount) => Promise<Account>;
};

/** The server's log: JSON lines. An error goes in the field `err`, and is reduced to what may be written. */
export type ApiLog = {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
};

/** The request that an operation came with. */
export type ApiRequest = {
  readonly id: string;
  readonly client: ClientInfo;
  /** A header by its lower-case name; null if it was not sent. */
  readonly header: (name: string) => string | null;
};

/** What resolvers and policies of the user get as context, beside what `context()` returns. */
export type ApiContext<Resources = unknown> = {
  /** Who asks. Frozen. */
  readonly viewer: Viewer;
  readonly accounts: ViewerAccounts;
  readonly log: ApiLog;
  readonly request: ApiRequest;
  /** What `setup` returned. */
  readonly resources: Resources;
};

/** The names that `context()` may not return. */
export const contextNames = ['viewer', 'accounts', 'pubsub', 'log', 'request', 'resources'] as const;

/** What `setup` gets, once the stores are open. */
export type SetupDeps = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly accounts: Pick<ViewerAccounts, 'asServer'>;
  readonly log: ApiLog;
};
