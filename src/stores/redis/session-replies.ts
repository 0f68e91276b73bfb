import type { Rotation, Session } from '../../domain/session.ts';
import type { RefreshUse } from '../ports/session-store.ts';
import { readBytes, readNonce, readSession, readSessionId } from './encoding.ts';

/** What the scripts about sessions return, after key and tag. */

export function toRotation(use: RefreshUse, [kind, ...rest]: readonly unknown[], client: Buffer): Rotation {
  const [createdAt, lastSeenAt, expiresAt, authenticatedAt, storedClient, nonce] = rest;
  const session = (from: unknown): Session =>
    readSession(use, [createdAt, lastSeenAt, expiresAt, authenticatedAt, from]);
  const outcome = readBytes(kind).toString();
  switch (outcome) {
    case 'rotated':
      return { kind: outcome, session: session(client) };
    case 'replayed':
      return { kind: outcome, session: session(storedClient), successorNonce: readNonce(readBytes(nonce)) };
    case 'reused':
    case 'unknown':
      return { kind: outcome };
    default:
      throw new TypeError('Redis did not return a rotation.');
  }
}

export function toTokenState(reply: unknown): 'current' | 'replayable' | 'spent' | 'unknown' {
  const state = readBytes(reply).toString();
  if (state === 'current' || state === 'replayable' || state === 'spent' || state === 'unknown') return state;
  throw new TypeError('Redis did not return the state of a token.');
}

export function toListed(userId: Session['userId'], row: unknown): Session {
  if (!Array.isArray(row)) throw new TypeError('Redis did not return a session.');
  const [id, ...rest] = row;
  return readSession({ userId, sessionId: readSessionId(readBytes(id)) }, rest);
}
