import { errorTable } from '../domain/errors.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import { errorResponse } from './error-response.ts';

/** Returns the response to a request that met a fault of the server below its endpoints. */
export const faultResponse = (): WholeResponse =>
  errorResponse(500, { code: 'INTERNAL_SERVER_ERROR', message: errorTable.INTERNAL_SERVER_ERROR.message });
