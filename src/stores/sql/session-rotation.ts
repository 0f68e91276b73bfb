import type { ExpressionBuilder } from 'kysely';
import type { Clock, EpochMillis } from '../../domain/clock.ts';
import { tokenDigest } from '../../domain/ids.ts';
import type { Rotation, SessionLifetimes } from '../../domain/session.ts';
import type { RefreshUse, SessionStore } from '../ports/session-store.ts';
import type { SqlDatabase } from './database.ts';
import type { Schema } from './schema.ts';
import { isLive, sessionColumns, slidExpiry, toSession } from './session-rows.ts';

/**
 * Returns `SessionStore.rotate`: one conditional UPDATE, and reads why only if it changed nothing.
 *
 * Under races: the UPDATE matches nothing because the token is spent, the session has ended, or the token was never issued.
 * None of these reverses, so the later statements cannot contradict the first; each has a condition of its own, and the
 * answer is that of the moment when the deciding one ran. Simultaneous uses of a current token queue for the row: the first
 * changes `token_digest`, the others find it changed. `now` is read once, so that a window that closes between two
 * statements is open or closed for both.
 */
export function sessionRotation(
  db: SqlDatabase,
  { lifetimes, clock }: { readonly lifetimes: SessionLifetimes; readonly clock: Clock },
): (use: RefreshUse) => Promise<Rotation> {
  const { kysely } = db;
  const write = db.prepareWrite(spendQuery(db));

  return async (use) => {
    const now = clock();
    const rotated = await spend(use, now);
    if (rotated !== undefined) return { kind: 'rotated', session: toSession(rotated) };

    const replayable = await findReplayable(use, now);
    if (replayable !== undefined && replayable.successor_nonce !== null) {
      return { kind: 'replayed', session: toSession(replayable), successorNonce: replayable.successor_nonce };
    }

    return { kind: (await endSpent(use, now)) ? 'reused' : 'unknown' };
  };

  function spend({ userId, sessionId, digests, successor, successorNonce, client }: RefreshUse, now: EpochMillis) {
    const idleLimit = now + lifetimes.idleMs;
    return write([
      ...[successor, digests.token, successorNonce, now, now, idleLimit, idleLimit, client.ip, client.userAgent],
      ...[sessionId, userId, digests.family, digests.token, now],
    ]);
  }

  /** While the presented token is the previous one, its successor is current: using that changes `previous_digest`. */
  function findReplayable({ userId, sessionId, digests }: RefreshUse, now: EpochMillis) {
    return kysely
      .selectFrom('sessions')
      .select([...sessionColumns, 'successor_nonce'])
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .where('family_digest', '=', digests.family)
      .where('previous_digest', '=', digests.token)
      .where('rotated_at', '>', windowStart(now))
      .where('rotated_at', '<=', windowEnd(now))
      .where(isLive(now))
      .executeTakeFirst();
  }

  /** Ends the session if the token is of its family and neither current nor replayable: it was reused. */
  async function endSpent({ userId, sessionId, digests }: RefreshUse, now: EpochMillis): Promise<boolean> {
    const notReplayable = (eb: ExpressionBuilder<Schema, 'sessions'>) =>
      eb.or([
        eb('previous_digest', 'is', null),
        eb('previous_digest', '<>', digests.token),
        eb('rotated_at', '<=', windowStart(now)),
        eb('rotated_at', '>', windowEnd(now)),
      ]);
    const { numDeletedRows } = await kysely
      .deleteFrom('sessions')
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .where('family_digest', '=', digests.family)
      .where('token_digest', '<>', digests.token)
      .where(notReplayable)
      .where(isLive(now))
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  function windowStart(now: EpochMillis): EpochMillis {
    return reuseWindowStart(lifetimes, now);
  }

  function windowEnd(now: EpochMillis): EpochMillis {
    return reuseWindowEnd(lifetimes, now);
  }
}

/**
 * Parameters, in the order of the text. Set: successor, token presented, nonce, now, now, idle limit twice, ip, user
 * agent. Where: session, user, family, token presented, now.
 */
const spendQuery = ({ kysely }: SqlDatabase) =>
  kysely
    .updateTable('sessions')
    .set((eb) => ({
      token_digest: noDigest,
      previous_digest: noDigest,
      successor_nonce: '',
      rotated_at: 0,
      last_seen_at: 0,
      expires_at: slidExpiry(0)(eb),
      ip: '',
      user_agent: '',
    }))
    .where('id', '=', '')
    .where('user_id', '=', '')
    .where('family_digest', '=', noDigest)
    .where('token_digest', '=', noDigest)
    .where(isLive(0))
    .returning(sessionColumns)
    .compile();

const noDigest = tokenDigest('');

/** A use is replayable if the token was spent after this time. Without a window never, even if another clock is ahead. */
const reuseWindowStart = ({ reuseWindowMs }: SessionLifetimes, now: EpochMillis): EpochMillis =>
  reuseWindowMs > 0 ? now - reuseWindowMs : Number.MAX_SAFE_INTEGER;

/**
 * And if it was spent by this time. The clock of another instance may be a little ahead; one that was set back must not prolong the
 * window by as much.
 */
const reuseWindowEnd = ({ reuseWindowMs }: SessionLifetimes, now: EpochMillis): EpochMillis => now + reuseWindowMs;

/** Returns `SessionStore.recognize`: one read, under the conditions of the rotation. */
export function sessionRecognition(
  { kysely }: SqlDatabase,
  { lifetimes, clock }: { readonly lifetimes: SessionLifetimes; readonly clock: Clock },
): SessionStore['recognize'] {
  return async (userId, sessionId, digests) => {
    const now = clock();
    const row = await kysely
      .selectFrom('sessions')
      .select(['token_digest', 'previous_digest', 'rotated_at'])
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .where('family_digest', '=', digests.family)
      .where(isLive(now))
      .executeTakeFirst();
    if (row === undefined) return 'unknown';
    if (row.token_digest === digests.token) return 'current';
    const inWindow =
      row.rotated_at !== null &&
      row.rotated_at > reuseWindowStart(lifetimes, now) &&
      row.rotated_at <= reuseWindowEnd(lifetimes, now);
    return row.previous_digest === digests.token && inWindow ? 'replayable' : 'spent';
  };
}
