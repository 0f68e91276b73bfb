import type { SessionId, UserId } from '@fieldgate/guard/core';
import { toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';

type RecentSignInDeps = {
  readonly sessions: Pick<SessionStore, 'authenticationAge'>;
  readonly maxAgeMs: number;
};

/** A session, as far as a credential names one. */
type NamedSession = { readonly id: UserId; readonly sessionId: SessionId | null };

/** Resolves if the owner of this session proved who they are a short while ago. Errors: STEP_UP_REQUIRED, UNAUTHENTICATED, FORBIDDEN. */
export type RequireRecentSignIn = (session: NamedSession) => Promise<void>;

export const createRequireRecentSignIn =
  ({ sessions, maxAgeMs }: RecentSignInDeps): RequireRecentSignIn =>
  async ({ id, sessionId }) => {
    if (sessionId === null) throw new AppError('FORBIDDEN', { reason: 'SESSION_REQUIRED' });
    const ageMs = await sessions.authenticationAge(id, sessionId);
    if (ageMs === null) throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_REVOKED' });
    // A proof from the future shows that a clock was set back: its age is unknown.
    if (Math.abs(ageMs) > maxAgeMs) throw new AppError('STEP_UP_REQUIRED', { maxAge: toSeconds(maxAgeMs) });
  };
