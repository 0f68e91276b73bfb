import type { JWTPayload } from 'jose';
import type { BearerClaims } from '../credentials/claims.ts';
import { clientId, sessionId, userId } from '../domain/ids.ts';

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** `scope` is a text with spaces (RFC 9068 §2.2.3); some issuers send a list, or call it `scp`. */
const scopesOf = ({ scope, scp }: JWTPayload): readonly string[] => {
  const given = scope ?? scp ?? '';
  if (Array.isArray(given)) return given.filter(isText);
  return isText(given) ? given.split(' ').filter(isText) : [];
};

/**
 * Returns the claims of a token as issuers usually name them: `sub`, `role`, `scope`, `sid`. One without a role whose subject is
 * its client is a service's (RFC 9068 §2.2). Null for one that is neither.
 */
export const defaultClaims = (payload: JWTPayload): BearerClaims | null => {
  const { sub, sid, jti, role, client_id: client, exp } = payload;
  const scopes = scopesOf(payload);
  if (!isText(sub) || exp === undefined) return null;
  if (isText(role)) {
    return {
      kind: 'account',
      userId: userId(sub),
      role,
      scopes,
      sessionId: isText(sid) ? sessionId(sid) : null,
      expiresAt: exp,
    };
  }
  const isService = role === undefined && sid === undefined && sub === client && isText(jti);
  return isService ? { kind: 'service', clientId: clientId(sub), tokenId: jti, scopes, expiresAt: exp } : null;
};
