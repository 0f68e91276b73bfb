import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { OnFault } from '../authorization/faults.ts';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { parseApiKeyVerification, rejected, useAnswer } from './answers.ts';
import type { ApiKeyVerification } from './claims.ts';

export type ApiKeyOptions = {
  /** Returns whether the key is genuine, not expired, not revoked, and its owner not disabled. Throws only when it cannot tell. */
  readonly verify: (key: string, source: CredentialSource) => MaybePromise<ApiKeyVerification>;
  /** Called when `verify` returns something that is not understood. The key is then rejected. Default: `console.error`. */
  readonly onFault?: OnFault | undefined;
};

/**
 * Returns an authenticator for `X-API-Key: <key>`. Absent: no header or an empty one. Ambiguous: several keys, which arrive
 * joined by commas. Rejected with TOKEN_INVALID: also a key about which `verify` returns something that is not understood.
 * Synchronous if `verify` is; throws what `verify` throws.
 *
 * @example
 * const authenticate = apiKey({ verify: (key) => apiKeys.verify(key) });
 */
export const apiKey =
  ({ verify, onFault }: ApiKeyOptions): Authenticator =>
  (source) => {
    const header = source.header('x-api-key')?.trim() ?? '';
    if (header === '') return { kind: 'absent' };
    if (header.includes(',')) return { kind: 'ambiguous' };
    const reading = {
      name: 'apiKey: verify',
      parse: parseApiKeyVerification,
      onFault,
      otherwise: rejected('TOKEN_INVALID'),
    };
    return useAnswer(verify(header, source), reading, toAuthentication);
  };

const toAuthentication = (verification: ApiKeyVerification): Authentication => {
  if (verification.kind !== 'valid') return rejected(verification.reason);
  const { keyId, userId, role, scopes, expiresAt } = verification.claims;
  return {
    kind: 'accepted',
    viewer: {
      kind: 'account',
      id: userId,
      role,
      scopes: [...scopes],
      sessionId: null,
      apiKeyId: keyId,
      via: 'api-key',
      expiresAt,
    },
  };
};
