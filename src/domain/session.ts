import type { ClientInfo, SessionId, SessionStatus as SessionStatusOf, UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { TokenDigest } from './ids.ts';
import type { User } from './user.ts';

/** One sign-in on one device, as its owner may see it. Holds nothing a token could be made from. */
export type Session = {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly createdAt: EpochMillis;
  /** The last login or refresh; requests in between do not write. */
  readonly lastSeenAt: EpochMillis;
  /** When it ends unless it is refreshed before: the idle limit, never beyond the absolute one. */
  readonly expiresAt: EpochMillis;
  readonly ip: string | null;
  readonly userAgent: string | null;
};

/** Where nothing came over a network, or nobody said from where. */
export const noClient: ClientInfo = { ip: null, userAgent: null };

/**
 * What the store holds of a refresh token. Every token of a family carries the same family part and a secret part of
 * its own; only digests are kept. The family digest tells "once ours, and spent" from "never ours" with no row per token.
 */
export type TokenDigests = { readonly family: TokenDigest; readonly token: TokenDigest };

/**
 * The outcome of one use of a refresh token, decided in one atomic step.
 * - `rotated`: it was current; it is spent now and its successor is current.
 * - `replayed`: it was spent within the reuse window and its successor is unused; `successorNonce` lets the holder of
 *   the spent token, and nobody else, work out that same successor again.
 * - `reused`: once ours, spent for good. The session has been ended in the same step.
 * - `unknown`: never ours, or its session is over. Nothing was changed.
 */
export type Rotation =
  | { readonly kind: 'rotated'; readonly session: Session }
  | { readonly kind: 'replayed'; readonly session: Session; readonly successorNonce: string }
  | { readonly kind: 'reused' }
  | { readonly kind: 'unknown' };

/**
 * What a refresh token would be worth if it were used now.
 * - `current`: it would rotate. `replayable`: it would give its unused successor again.
 * - `spent`: once ours, spent for good; using it would end the session.
 * - `unknown`: never ours, or its session is over.
 */
export type RefreshTokenState = 'current' | 'replayable' | 'spent' | 'unknown';

/** `account` is the whole account, from stores that read it together with the session. */
export type SessionStatus = SessionStatusOf<User>;

/** How long sessions live. All in milliseconds. */
export type SessionLifetimes = {
  /** A session that is not refreshed for this long is over. */
  readonly idleMs: number;
  /** However often it is refreshed, it is over this long after it started. */
  readonly absoluteMs: number;
  /** For this long after a refresh, the token just spent answers with the same successor; 0 switches that off. */
  readonly reuseWindowMs: number;
};
