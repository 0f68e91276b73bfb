import type { ApiContext, SetupDeps } from '../domain/api-context.ts';
import { type Roles, standardRoles } from '../domain/role.ts';
import { noOwnSchema, type OwnSchema } from '../graphql/own/own-schema.ts';

/** What the user made of the server: checked, and nothing of it opened. */
export type Api = {
  /** Null where there is no configuration file. */
  readonly file: string | null;
  readonly roles: Roles;
  readonly own: OwnSchema;
  readonly setup: ((deps: SetupDeps) => unknown) | null;
  readonly context: ((context: ApiContext) => unknown) | null;
  /** Plug-ins of Yoga. Where there are any, every operation goes through it. */
  readonly yoga: readonly object[];
};

/** The server without an API of the user. */
export const standardApi: Api = {
  file: null,
  roles: standardRoles,
  own: noOwnSchema,
  setup: null,
  context: null,
  yoga: [],
};
