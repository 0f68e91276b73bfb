import { errorTable } from '../domain/errors.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import { refusal } from './refusal.ts';

/** Returns the answer to a request that met a fault of the server below its endpoints. */
export const faultAnswer = (): WholeResponse =>
  refusal(500, 'INTERNAL_SERVER_ERROR', errorTable.INTERNAL_SERVER_ERROR.message);
