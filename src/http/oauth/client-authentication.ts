import type { ClientInfo } from '@fieldgate/guard';
import { readAuthorization } from '@fieldgate/guard/server';
import { AppError } from '../../domain/errors.ts';
import { firstPartyClient } from '../../domain/ids.ts';
import type { ServiceClient } from '../../domain/service-client.ts';
import type { ServiceClients } from '../../services/service-clients.ts';
import { decodeFormText, type FormParams, invalidRequest } from './parameters.ts';

/** What asks at an endpoint: an app in front of this server, which can keep no secret, or a service that has proved itself. */
export type Client = { readonly kind: 'first-party' } | { readonly kind: 'service'; readonly service: ServiceClient };

/**
 * Who asks. Throws INVALID_CLIENT for a client that is none or whose secret is wrong, whichever of the two, and
 * INVALID_REQUEST for one that names itself in two ways (RFC 6749 §2.3).
 */
export type IdentifyClient = (asking: ClientRequest) => Promise<Client>;

export type ClientRequest = { readonly request: Request; readonly parameters: FormParams; readonly client: ClientInfo };

type Secret = { readonly id: string; readonly secret: string };

export const createIdentifyClient =
  ({ authenticate }: Pick<ServiceClients, 'authenticate'>): IdentifyClient =>
  async ({ request, parameters, client }) => {
    const presented = readSecret(request, parameters);
    if (presented === null) {
      if ((parameters.get('client_id') ?? firstPartyClient) !== firstPartyClient) throw new AppError('INVALID_CLIENT');
      return { kind: 'first-party' };
    }
    const service = await authenticate(presented.id, presented.secret, client);
    if (!service) throw new AppError('INVALID_CLIENT');
    return { kind: 'service', service };
  };

/** `client_secret_basic` or `client_secret_post`; null where no secret is presented. */
const readSecret = (request: Request, parameters: FormParams): Secret | null => {
  const named = parameters.get('client_id');
  const posted = parameters.get('client_secret');
  const basic = readBasic(request);
  if (basic === null) return posted === undefined ? null : { id: named ?? '', secret: posted };
  if (posted !== undefined || (named !== undefined && named !== basic.id)) {
    throw invalidRequest('The client names itself in two ways. Use one.');
  }
  return basic;
};

/** Null where there is no Basic header. Tokens and other schemes are no client's. */
const readBasic = (request: Request): Secret | null => {
  const authorization = readAuthorization({ header: (name) => request.headers.get(name) });
  if (authorization.kind === 'ambiguous') throw invalidRequest('There is more than one Authorization header.');
  if (authorization.kind === 'absent' || authorization.scheme !== 'basic') return null;
  const pair = parseBasic(authorization.value);
  if (!pair) throw new AppError('INVALID_CLIENT');
  return pair;
};

/** RFC 6749 §2.3.1: id and secret are encoded as in a form before they are joined by a colon. */
const parseBasic = (value: string): Secret | null => {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) return null;
  const text = bytes.toString();
  const colon = text.indexOf(':');
  if (colon === -1) return null;
  const [id, secret] = [decodeFormText(text.slice(0, colon)), decodeFormText(text.slice(colon + 1))];
  return id === null || secret === null ? null : { id, secret };
};
