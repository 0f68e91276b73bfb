import { readAuthorization } from '../../credentials/authorization-header.ts';
import { AppError } from '../../domain/errors.ts';
import { firstPartyClient } from '../../domain/ids.ts';
import type { Parameters } from './parameters.ts';

/** What asks at an endpoint: an app in front of this server, which can keep no secret. */
export type Client = { readonly kind: 'first-party' };

/** Who asks. Throws INVALID_CLIENT for whatever is no client. */
export type IdentifyClient = (request: Request, parameters: Parameters) => Promise<Client>;

/** No client here has a secret: one that is presented belongs to nobody. */
export const createIdentifyClient = (): IdentifyClient => async (request, parameters) => {
  const authorization = readAuthorization({ header: (name) => request.headers.get(name) });
  const hasBasic = authorization.kind === 'credential' && authorization.scheme === 'basic';
  const named = parameters.get('client_id') ?? firstPartyClient;
  if (hasBasic || parameters.has('client_secret') || named !== firstPartyClient) throw new AppError('INVALID_CLIENT');
  return { kind: 'first-party' };
};
