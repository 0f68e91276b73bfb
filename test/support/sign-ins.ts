import { type ClientInfo, type SessionId, sessionId } from '@fieldgate/guard';
import { createId } from '../../src/crypto/identifiers.ts';
import { createRefreshToken, parseRefreshToken, succeedRefreshToken } from '../../src/crypto/refresh-token.ts';
import type { TokenDigest } from '../../src/domain/ids.ts';
import type { Rotation } from '../../src/domain/session.ts';
import type { User } from '../../src/domain/user.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';

export const browser: ClientInfo = {
  ip: '203.0.113.255',
  userAgent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
};

/** A session as its client knows it, with real tokens. */
export type SignIn = { readonly user: User; readonly id: SessionId; readonly family: TokenDigest; token: string };

export async function signIn(store: SessionStore, user: User, client = browser): Promise<SignIn> {
  const id = sessionId(createId(Date.now()));
  const { token, digests } = createRefreshToken(user.id, id);
  const { version, role, sessionsFrom } = user;
  const outcome = await store.start({ id, userId: user.id, version, role, sessionsFrom, digests, client });
  if (outcome === 'superseded') throw new Error('The account has changed.');
  return { user, id, family: digests.family, token };
}

/** Uses the current token of the client, which then has the successor. */
export async function refreshToken(store: SessionStore, client: SignIn, token = client.token): Promise<Rotation> {
  const presented = parseRefreshToken(token);
  if (presented === null) throw new Error('Not a refresh token.');
  const successor = succeedRefreshToken(presented);
  const rotation = await store.rotate({
    userId: client.user.id,
    sessionId: client.id,
    digests: presented.digests,
    successor: successor.digest,
    successorNonce: successor.nonce,
    client: browser,
    version: client.user.version,
    role: client.user.role,
    sessionsFrom: client.user.sessionsFrom,
  });
  if (rotation.kind === 'rotated') client.token = successor.token;
  if (rotation.kind === 'replayed') client.token = succeedRefreshToken(presented, rotation.successorNonce).token;
  return rotation;
}
