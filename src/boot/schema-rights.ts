import { type AccessRow, accessMatrix, type KnownScopes, scopesOf } from '@fieldgate/guard';
import { createSchemaWithoutResolvers } from '../graphql/schema.ts';

export type { AccessRow };

/** Returns who may read which field of the schema the server serves. Needs neither a database nor keys. */
export const serverAccessMatrix = (): readonly AccessRow[] => accessMatrix(createSchemaWithoutResolvers());

/** Returns the scopes of the schema the server serves, and who can be granted them. */
export const serverScopes = (): KnownScopes => scopesOf(createSchemaWithoutResolvers());
