import { readAuthorization } from '@fieldgate/guard/server';
import { AppError } from '../../domain/errors.ts';
import { decodeFormText } from '../../domain/form-encoding.ts';
import { firstPartyClient } from '../../domain/ids.ts';
import type { ServiceClient } from '../../domain/service-client.ts';
import { anonymousCaller, type Counted, type Limits } from '../../services/limits.ts';
import type { ClientCredentials } from '../../services/service-client-tokens.ts';
import type { ServiceClients } from '../../services/service-clients.ts';
import { type FormParams, invalidRequest } from './parameters.ts';

/** The client of a request: a first-party app, which cannot keep a secret, or an authenticated service client. */
export type OAuthClient =
  | { readonly kind: 'first-party' }
  | { readonly kind: 'service'; readonly service: ServiceClient };

/**
 * Resolves with the client of a request. Rejects with INVALID_CLIENT for an unknown client and for a wrong secret alike, and with
 * INVALID_REQUEST for a client that identifies itself in two ways (RFC 6749 §2.3).
 */
export type IdentifyClient = (clientRequest: ClientRequest) => Promise<OAuthClient>;

export type ClientRequest = { readonly request: Request; readonly parameters: FormParams } & Counted;

type IdentifyClientDeps = {
  readonly serviceClients: Pick<ServiceClients, 'authenticate'>;
  readonly consume: Limits['consume'];
};

/** Failed attempts are counted by address, and never keep a client from using its secret. */
export const createIdentifyClient =
  ({ serviceClients, consume }: IdentifyClientDeps): IdentifyClient =>
  async ({ request, parameters, client, rateLimits }) => {
    const presented = readClientSecret(request, parameters);
    if (presented === null) {
      if ((parameters.get('client_id') ?? firstPartyClient) !== firstPartyClient) throw new AppError('INVALID_CLIENT');
      return { kind: 'first-party' };
    }
    const onRejected = () => consume('oauth', anonymousCaller(client, rateLimits));
    const service = await serviceClients.authenticate(presented, client, onRejected);
    if (!service) throw new AppError('INVALID_CLIENT');
    return { kind: 'service', service };
  };

/** Reads `client_secret_basic` or `client_secret_post`; null where no secret is presented. */
const readClientSecret = (request: Request, parameters: FormParams): ClientCredentials | null => {
  const named = parameters.get('client_id');
  const posted = parameters.get('client_secret');
  const basic = readBasic(request);
  if (basic === null) return posted === undefined ? null : { id: named ?? '', secret: posted };
  if (posted !== undefined || (named !== undefined && named !== basic.id)) {
    throw invalidRequest(
      'The client identifies itself in two ways. Use either the Authorization header or client_secret.',
    );
  }
  return basic;
};

/** Null without a Basic header: other schemes do not identify a client. */
const readBasic = (request: Request): ClientCredentials | null => {
  const authorization = readAuthorization({ header: (name) => request.headers.get(name) });
  if (authorization.kind === 'ambiguous')
    throw invalidRequest('There is more than one Authorization header. Send one.');
  if (authorization.kind === 'absent' || authorization.scheme !== 'basic') return null;
  const pair = parseBasic(authorization.value);
  if (!pair) throw new AppError('INVALID_CLIENT');
  return pair;
};

/** RFC 6749 §2.3.1: id and secret are encoded as in a form before they are joined by a colon. */
const parseBasic = (value: string): ClientCredentials | null => {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) return null;
  const text = bytes.toString();
  const colon = text.indexOf(':');
  if (colon === -1) return null;
  const [id, secret] = [decodeFormText(text.slice(0, colon)), decodeFormText(text.slice(colon + 1))];
  return id === null || secret === null ? null : { id, secret };
};
