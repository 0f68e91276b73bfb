import type { ApiLog } from '../domain/api-context.ts';
import { messageOf } from '../domain/error-report.ts';
import { StartError } from '../domain/start-error.ts';
import { type ApiAccountsDeps, createApiAccounts } from '../graphql/own/accounts.ts';
import { type CreateOwnContext, createOwnContexts } from '../graphql/own/context.ts';
import type { Accounts } from '../services/accounts.ts';
import type { Log } from '../telemetry/log.ts';
import type { Api } from './api.ts';

type OwnApiDeps = {
  readonly api: Api;
  readonly accounts: Accounts;
  readonly schema: ApiAccountsDeps['schema'];
  readonly log: Log;
};

export type OwnApi = {
  /** Null where the schema has nothing of the user's. */
  readonly createContext: CreateOwnContext | null;
  /** Runs the user's `setup`. Rejects with `StartError`. */
  readonly setUp: (env: Readonly<Record<string, string | undefined>>) => Promise<void>;
  /** Disposes of what `setup` has opened. */
  readonly close: () => Promise<void>;
};

/** What runs the user's part of the API. */
export const createOwnApi = ({ api, accounts, schema, log }: OwnApiDeps): OwnApi => {
  let resources: unknown;
  const { accountsFor, asServer } = createApiAccounts({ accounts, roles: api.roles, schema });
  const apiLog = toApiLog(log);
  return {
    createContext:
      api.own.definitions.length === 0
        ? null
        : createOwnContexts({ create: api.context, resources: () => resources, log: apiLog, accountsFor }),
    setUp: async (env) => {
      if (api.setup === null) return;
      try {
        resources = await api.setup({ env, accounts: { asServer }, log: apiLog });
      } catch (error) {
        throw new StartError(`setup() of the configuration failed: ${messageOf(error)}`);
      }
    },
    close: () => dispose(resources),
  };
};

/** Errors may only be the field `err`, which the log reduces to what may be written. */
const toApiLog = (log: Log): ApiLog => ({
  info: (fields, message) => log.info({ ...fields } as Record<string, string>, message),
  warn: (fields, message) => log.warn({ ...fields } as Record<string, string>, message),
  error: (fields, message) => log.error({ ...fields } as Record<string, string>, message),
});

type Disposable = { readonly [Symbol.asyncDispose]?: unknown; readonly [Symbol.dispose]?: unknown };

/** Disposes of the value itself, or else of each of its properties, last first. */
const dispose = async (value: unknown): Promise<void> => {
  if (typeof value !== 'object' || value === null) return;
  if (await disposeOne(value)) return;
  for (const property of Object.values(value).toReversed()) {
    if (typeof property === 'object' && property !== null) await disposeOne(property);
  }
};

const disposeOne = async (value: Disposable): Promise<boolean> => {
  const end = value[Symbol.asyncDispose] ?? value[Symbol.dispose];
  if (typeof end !== 'function') return false;
  await Reflect.apply(end, value, []);
  return true;
};
