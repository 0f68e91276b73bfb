import { type AccessRow, accessMatrix } from './authorization/matrix.ts';
import { createSchemaWithoutResolvers } from './graphql/schema.ts';

export type { AccessRow };

/** Who may read which field of the schema the server serves. Needs neither a database nor keys. */
export const serverAccessMatrix = (): readonly AccessRow[] => accessMatrix(createSchemaWithoutResolvers());
