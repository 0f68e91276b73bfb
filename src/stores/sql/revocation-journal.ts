import { sessionId, userId } from '@fieldgate/guard/core';
import type { Selectable } from 'kysely';
import type { Clock } from '../../domain/clock.ts';
import { tokenDigest } from '../../domain/ids.ts';
import type { Roles } from '../../domain/role.ts';
import type { JournalEntry, Revocation, RevocationJournal } from '../ports/revocation-journal.ts';
import { markColumns, toAccountMark } from './account-changes.ts';
import type { SqlDatabase } from './database.ts';
import type { RevocationsTable } from './schema.ts';

const hour = 3_600_000;
/**
 * How long a revocation is kept: longer than the time whose writes Redis can lose. That is seconds with an append-only file
 * or a replica, and up to an hour with snapshots only (`save 3600 1`, the default); the rest is for clocks that differ.
 */
const defaultKeepMs = 3 * hour;
const batchSize = 1_000;
/** Stands for the account itself: no session has an empty id. */
const noSession = '';

/** The journal in SQL: one row per session or account, however often it is written. */
export function sqlRevocationJournal(
  { kysely, dialect, roles }: SqlDatabase,
  { clock, keepMs = defaultKeepMs }: { readonly clock: Clock; readonly keepMs?: number },
): RevocationJournal {
  return {
    async record(revocations) {
      const rows = revocations.map((revocation) => toRow(revocation, clock() + keepMs)).sort(byKey);
      for (let from = 0; from < rows.length; from += batchSize) {
        await kysely
          .insertInto('revocations')
          .values(rows.slice(from, from + batchSize))
          .onConflict((conflict) =>
            conflict.columns(['user_id', 'session_id']).doUpdateSet((eb) => ({
              family_digest: eb.ref('excluded.family_digest'),
              expires_at: eb.ref('excluded.expires_at'),
            })),
          )
          .execute();
      }
    },

    async *readEntries() {
      let last: { readonly user_id: string; readonly session_id: string } | undefined;
      do {
        let page = kysely
          .selectFrom('revocations')
          .leftJoin('users', 'users.id', 'revocations.user_id')
          .select(['user_id', 'session_id', 'family_digest'])
          .select(markColumns)
          .where('expires_at', '>', clock())
          .orderBy('user_id')
          .orderBy('session_id')
          .limit(batchSize);
        if (last !== undefined) {
          const { user_id, session_id } = last;
          page = page.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('user_id', 'session_id'), '>', tuple(user_id, session_id)),
          );
        }
        const rows = await page.execute();
        if (rows.length > 0) yield rows.map((row) => toEntry(row, roles));
        last = rows.length === batchSize ? rows.at(-1) : undefined;
      } while (last !== undefined);
    },

    async purgeExpired(limit, now) {
      const { numDeletedRows } = await kysely
        .deleteFrom('revocations')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('user_id', 'session_id'),
            'in',
            selectFrom('revocations')
              .select(['user_id', 'session_id'])
              .where('expires_at', '<=', now)
              .orderBy('expires_at')
              .limit(limit)
              .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked())
              .$asTuple('user_id', 'session_id'),
          ),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

const toRow = (revocation: Revocation, expiresAt: number): Selectable<RevocationsTable> => ({
  user_id: revocation.userId,
  session_id: revocation.kind === 'account' ? noSession : revocation.sessionId,
  family_digest: revocation.kind === 'tokens' ? revocation.family : null,
  expires_at: expiresAt,
});

/** All calls write in one order: two that write the same rows in different orders would deadlock. */
const byKey = (one: Selectable<RevocationsTable>, other: Selectable<RevocationsTable>): number =>
  `${one.user_id} ${one.session_id}` < `${other.user_id} ${other.session_id}` ? -1 : 1;

type JoinedRow = Omit<Selectable<RevocationsTable>, 'expires_at'> & Parameters<typeof toAccountMark>[0];

function toEntry(row: JoinedRow, roles: Roles): JournalEntry {
  const user = userId(row.user_id);
  if (row.session_id !== noSession) {
    const session = { userId: user, sessionId: sessionId(row.session_id) };
    return row.family_digest === null
      ? { kind: 'session', ...session }
      : { kind: 'tokens', ...session, family: tokenDigest(row.family_digest) };
  }
  return { kind: 'account', userId: user, account: toAccountMark(row, roles) };
}
