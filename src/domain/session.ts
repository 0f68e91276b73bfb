import type { SessionId, SessionStatus as SessionStatusOf, UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { TokenDigest } from './ids.ts';
import type { User } from './user.ts';

/** One sign-in on one device, as its owner may see it. It contains nothing a token could be derived from. */
export type Session = {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly createdAt: EpochMillis;
  /** The last login or refresh; requests in between are not recorded. */
  readonly lastSeenAt: EpochMillis;
  /** When its owner last proved who they are: by signing in, or by changing the password. A refresh proves nothing. */
  readonly authenticatedAt: EpochMillis;
  /** When it ends unless it is refreshed before: the idle limit, at most the absolute one. */
  readonly expiresAt: EpochMillis;
  readonly ip: string | null;
  readonly userAgent: string | null;
};

/**
 * What the store holds of a refresh token. Every token of a family has the same family part and its own secret part; only
 * digests are stored. The family digest tells "once ours, and spent" from "never ours" without a row per token.
 */
export type TokenDigests = { readonly family: TokenDigest; readonly token: TokenDigest };

/**
 * The outcome of one use of a refresh token, decided in one atomic step.
 * - `rotated`: it was current; it is spent now and its successor is current.
 * - `replayed`: it was spent within the reuse window and its successor is unused; with `successorNonce` only the holder of the
 *   spent token can derive that same successor again.
 * - `reused`: once ours, spent for good. The session was ended in the same step.
 * - `unknown`: never ours, or its session has ended. Nothing changed.
 */
export type Rotation =
  | { readonly kind: 'rotated'; readonly session: Session }
  | { readonly kind: 'replayed'; readonly session: Session; readonly successorNonce: string }
  | { readonly kind: 'reused' }
  | { readonly kind: 'unknown' };

/**
 * What would happen to a refresh token if it were used now.
 * - `current`: it would rotate. `replayable`: it would return its unused successor again.
 * - `spent`: once ours, spent for good; its use would end the session.
 * - `unknown`: never ours, or its session has ended.
 */
export type RefreshTokenState = 'current' | 'replayable' | 'spent' | 'unknown';

/** `account` is the whole account, from stores that read it with the session. */
export type SessionStatus = SessionStatusOf<User>;

/** How long sessions live. All in milliseconds. */
export type SessionLifetimes = {
  /** A session that is not refreshed for this long ends. */
  readonly idleMs: number;
  /** A session ends this long after its start, however often it is refreshed. */
  readonly absoluteMs: number;
  /** For this long after a refresh, the token just spent returns the same successor again; 0 disables that. */
  readonly reuseWindowMs: number;
};
