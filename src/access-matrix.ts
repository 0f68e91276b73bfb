import { type AccessRow, accessMatrix } from './authorization/matrix.ts';
import { scopesOf } from './authorization/scopes.ts';
import type { KnownScopes } from './domain/scope.ts';
import { createSchemaWithoutResolvers } from './graphql/schema.ts';

export type { AccessRow };

/** Who may read which field of the schema the server serves. Needs neither a database nor keys. */
export const serverAccessMatrix = (): readonly AccessRow[] => accessMatrix(createSchemaWithoutResolvers());

/** The scopes of the schema the server serves, and who can be granted them. */
export const serverScopes = (): KnownScopes => scopesOf(createSchemaWithoutResolvers());
