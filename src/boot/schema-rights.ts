import { type AccessRow, accessMatrix, type KnownScopes, scopesOf } from '@fieldgate/guard';
import { rejectGrant } from '../domain/scope.ts';
import { createSchemaWithoutResolvers } from '../graphql/schema.ts';

export type { AccessRow };

/** Returns who may read which field of the schema the server serves. Needs neither a database nor keys. */
export const serverAccessMatrix = (): readonly AccessRow[] => accessMatrix(createSchemaWithoutResolvers());

/** Returns the scopes of the schema the server serves, and who can be granted them. */
export const serverScopes = (): KnownScopes => scopesOf(createSchemaWithoutResolvers());

/** Returns those of the scopes that no field of the schema asks for. */
export const unknownScopes = (scopes: readonly string[]): readonly string[] => {
  const known = serverScopes();
  return scopes.filter((scope) => rejectGrant([scope], known, 'ADMIN') === 'SCOPE_UNKNOWN');
};
