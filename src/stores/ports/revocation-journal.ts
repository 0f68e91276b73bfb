import type { SessionId, UserId } from '@fieldgate/guard/core';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Role } from '../../domain/role.ts';

/**
 * What a session store must not forget although its server may: Redis comes back from a restart or a failover without
 * the last things it acknowledged. Revocations are written here before they are acknowledged, and read back whenever
 * Redis cannot be known to remember them. `check` never asks here.
 *
 * Rejects only with `AppError('SERVICE_UNAVAILABLE')`.
 */
export type RevocationJournal = {
  /** Resolves when all of them are on disk. Writing one again is harmless; the later word on a session stands. */
  readonly record: (revocations: readonly Revocation[]) => Promise<void>;
  /** Everything that was recorded within the time Redis may have forgotten, in portions, in no order. */
  readonly readEntries: () => AsyncIterable<readonly RecalledRevocation[]>;
  /** Removes what has been kept long enough, a bounded number at a time; returns how many. */
  readonly purgeExpired: (limit: number) => Promise<number>;
};

export type Revocation =
  /** The session is over. */
  | { readonly kind: 'session'; readonly userId: UserId; readonly sessionId: SessionId }
  /** Of this session, every refresh token that is not of this family is void. */
  | { readonly kind: 'tokens'; readonly userId: UserId; readonly sessionId: SessionId; readonly family: TokenDigest }
  /** What the account may do has changed. */
  | { readonly kind: 'account'; readonly userId: UserId };

export type RecalledRevocation =
  | Extract<Revocation, { kind: 'session' | 'tokens' }>
  /** `account`: as it is now; null if it is gone. */
  | { readonly kind: 'account'; readonly userId: UserId; readonly account: AccountMark | null };

/** What a session store keeps of an account. */
export type AccountMark = { readonly version: number; readonly role: Role; readonly disabled: boolean };
