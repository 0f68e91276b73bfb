import { type AccessRow, accessMatrix, type KnownScopes, scopesOf } from '@fieldgate/guard';
import { rejectGrant } from '../domain/scope.ts';
import { ownFieldsOf } from '../graphql/own/own-fields.ts';
import { createSchemaWithoutResolvers } from '../graphql/schema.ts';
import type { Api } from './api.ts';

export type { AccessRow };

/** Returns who may read which field of the schema the server serves. Needs neither a database nor keys. */
export const serverAccessMatrix = (api: Api): readonly AccessRow[] => accessMatrix(createSchemaWithoutResolvers(api));

/** Returns who may read which of the fields that the user has added. */
export const ownAccessMatrix = (api: Api): readonly AccessRow[] => {
  const own = ownFieldsOf(api.own.definitions);
  return serverAccessMatrix(api).filter(({ coordinate }) => own.has(coordinate));
};

/** Returns the scopes of the schema the server serves, and who can be granted them. */
export const serverScopes = (api: Api): KnownScopes => scopesOf(createSchemaWithoutResolvers(api));

/** Returns those of the scopes that no field of the schema asks for. */
export const unknownScopes = (api: Api, scopes: readonly string[]): readonly string[] => {
  const known = serverScopes(api);
  return scopes.filter((scope) => rejectGrant([scope], known, api.roles.administrator) === 'SCOPE_UNKNOWN');
};
