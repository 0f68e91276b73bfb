import { presentedBearer } from '../../credentials/bearer.ts';
import type { Authenticator } from '../../domain/authentication.ts';
import { AppError } from '../../domain/errors.ts';
import { hasRole, isRole } from '../../domain/role.ts';
import type { AccessTokenClaims, Introspect } from '../../services/introspection.ts';
import type { Route } from '../router.ts';
import { answer } from './answers.ts';
import { readForm, required } from './parameters.ts';

type Options = {
  readonly introspect: Introspect;
  readonly authenticate: Authenticator;
  readonly issuer: string;
  readonly audience: string;
};

const inactive = { active: false } as const;

/**
 * `POST /introspect` (RFC 7662), for administrators. Only access tokens are ever active: who guards a resource has no
 * business with refresh tokens. Everything else gets the same two words, so that nothing is learnt from the difference.
 */
export const createIntrospectionEndpoint =
  (options: Options): Route =>
  async (request) => {
    const parameters = await readForm(request);
    await requireAdministrator(request, options.authenticate);
    const claims = await options.introspect(required(parameters, 'token'));
    return answer(claims ? toBody(claims, options) : inactive);
  };

const requireAdministrator = async (request: Request, authenticate: Authenticator): Promise<void> => {
  const source = { header: (name: string) => request.headers.get(name) };
  if (presentedBearer(source) === null) throw new AppError('INVALID_CLIENT', { reason: 'BEARER_TOO' });
  const answered = await authenticate(source);
  if (answered.kind !== 'accepted') throw new AppError('UNAUTHENTICATED');
  const { role } = answered.viewer;
  if (!isRole(role) || !hasRole(role, 'ADMIN')) throw new AppError('FORBIDDEN');
};

const toBody = (claims: AccessTokenClaims, { issuer, audience }: Options): object => ({
  active: true,
  scope: claims.scopes.join(' '),
  client_id: claims.clientId,
  token_type: 'Bearer',
  exp: claims.expiresAt,
  iat: claims.issuedAt,
  sub: claims.userId,
  aud: audience,
  iss: issuer,
  jti: claims.tokenId,
  sid: claims.sessionId,
  role: claims.role,
});
