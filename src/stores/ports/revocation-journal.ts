import type { SessionId, UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Role } from '../../domain/role.ts';

/**
 * The revocations that Redis may lose: after a restart or a failover it can lack the last writes it acknowledged. They are
 * written here before they are acknowledged, and replayed into Redis whenever it may lack them. `check` never reads here.
 *
 * Rejects only with `AppError('SERVICE_UNAVAILABLE')`.
 */
export type RevocationJournal = {
  /** Resolves when all of them are on disk. Writing one again is harmless; the latest entry of a session counts. */
  readonly record: (revocations: readonly Revocation[]) => Promise<void>;
  /** Yields everything that Redis may have lost, in batches and in no order. */
  readonly readEntries: () => AsyncIterable<readonly JournalEntry[]>;
  /** Removes entries that were kept long enough, at most `limit`; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type Revocation =
  /** The session has ended. */
  | { readonly kind: 'session'; readonly userId: UserId; readonly sessionId: SessionId }
  /** Every refresh token of this session that is not of this family is void. */
  | { readonly kind: 'tokens'; readonly userId: UserId; readonly sessionId: SessionId; readonly family: TokenDigest }
  /** What the account may do has changed. */
  | { readonly kind: 'account'; readonly userId: UserId };

export type JournalEntry =
  | Extract<Revocation, { kind: 'session' | 'tokens' }>
  /** `account`: as it is now; null if it was deleted. */
  | { readonly kind: 'account'; readonly userId: UserId; readonly account: AccountMark | null };

/** The part of an account that a session store keeps. */
export type AccountMark = {
  readonly version: number;
  readonly role: Role;
  readonly disabled: boolean;
  readonly sessionsFrom: number;
};
