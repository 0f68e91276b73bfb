import type { Clock, EpochMillis } from '../../domain/clock.ts';
import type { Session, SessionLifetimes, SessionStatus } from '../../domain/session.ts';
import type { NewSession, SessionStore } from '../ports/session-store.ts';
import { sqlAccountChanges } from './account-changes.ts';
import type { SqlDatabase } from './database.ts';
import { sessionAuthenticationAge } from './session-authentication.ts';
import { listSessions } from './session-list.ts';
import { sessionRecognition, sessionRotation } from './session-rotation.ts';
import { isLive, newFamily, sessionColumns, slidExpiry, text, toSession, wholeNumber } from './session-rows.ts';
import { parseUser, type UserRow, userColumns } from './user-rows.ts';

/**
 * Sessions in SQL: one row each, deleted when it ends. Only `start` inserts; everything else changes or deletes an existing
 * row in single statements with their condition, so that no ended session comes back. PostgreSQL (at READ COMMITTED) waits
 * for a row that another statement is changing and then evaluates the condition again.
 */
export function sqlSessionStore(
  db: SqlDatabase,
  { lifetimes, clock }: { readonly lifetimes: SessionLifetimes; readonly clock: Clock },
): SessionStore {
  const { kysely } = db;
  const changes = sqlAccountChanges(db);
  const readStatus = db.prepareCachedRead(checkQuery(db), (row: CheckRow) => toStatus(row, db));

  return {
    start: (session) => insertForAccount(db, session, { lifetimes, clock }),

    rotate: sessionRotation(db, { lifetimes, clock }),

    recognize: sessionRecognition(db, { lifetimes, clock }),

    authenticationAge: sessionAuthenticationAge(db, clock),

    async check(userId, sessionId) {
      const found = await readStatus([sessionId, userId]);
      return found !== undefined && found.expiresAt > clock() ? found.status : { kind: 'ended' };
    },

    list: (userId, page) => listSessions(db, userId, { ...page, now: clock() }),

    async isFamily(userId, sessionId, family) {
      const row = await kysely
        .selectFrom('sessions')
        .select('id')
        .where('id', '=', sessionId)
        .where('user_id', '=', userId)
        .where('family_digest', '=', family)
        .where(isLive(clock()))
        .executeTakeFirst();
      return row !== undefined;
    },

    // Whatever the state of the account: enabling a disabled one would bring back sessions that were not ended.
    async end(userId, sessionId) {
      const { numDeletedRows } = await kysely
        .deleteFrom('sessions')
        .where('id', '=', sessionId)
        .where('user_id', '=', userId)
        .where('expires_at', '>', clock())
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async endAll(userId, except) {
      let all = kysely.deleteFrom('sessions').where('user_id', '=', userId).where('expires_at', '>', clock());
      if (except !== undefined) all = all.where('id', '<>', except);
      const { numDeletedRows } = await all.executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },

    /** `check` reads the account together with the session, and `AccountStore.change` has ended those that were to end. */
    async accountChanged(account, kept) {
      if (kept === undefined) return null;
      const now = clock();
      const row = await kysely
        .updateTable('sessions')
        .set((eb) => ({
          ...newFamily(kept.digests, account.version),
          last_seen_at: now,
          authenticated_at: now,
          expires_at: slidExpiry(now + lifetimes.idleMs)(eb),
        }))
        .where('id', '=', kept.id)
        .where('user_id', '=', account.id)
        .where(isLive(now))
        .returning(sessionColumns)
        .executeTakeFirst();
      return row === undefined ? null : toSession(row);
    },

    async purgeExpired(limit, now) {
      // No other store needs these: this one reads the accounts themselves.
      await changes.settle(await changes.list(limit));
      const { numDeletedRows } = await kysely
        .deleteFrom('sessions')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('sessions')
            .select('id')
            .where('expires_at', '<=', now)
            .orderBy('expires_at')
            .limit(limit)
            // Instances that purge at once skip each other's rows instead of waiting for them.
            .$if(db.dialect === 'postgres', (query) => query.forUpdate().skipLocked()),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

/** The session and its account, by primary keys. Parameters, in the order of the text: session, user. */
const checkQuery = ({ kysely }: SqlDatabase) =>
  kysely
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(userColumns.map((column) => `users.${column}` as const))
    .select('sessions.expires_at as session_expires_at')
    .where('sessions.id', '=', '')
    .where('sessions.user_id', '=', '')
    .where('users.disabled_at', 'is', null)
    .whereRef('users.sessions_from', '<=', 'sessions.account_version')
    .compile();

type CheckRow = UserRow & { readonly session_expires_at: EpochMillis };

/** What `check` returns until the session expires. */
const toStatus = (
  row: CheckRow,
  db: SqlDatabase,
): { readonly expiresAt: EpochMillis; readonly status: SessionStatus } => {
  const account = parseUser(row, db);
  return {
    expiresAt: row.session_expires_at,
    status:
      account === null
        ? { kind: 'ended' }
        : { kind: 'live', role: account.role, accountVersion: account.version, account },
  };
};

/**
 * Inserts if the account is still the one that the credential was checked against. PostgreSQL takes a share lock on the
 * account: it waits for a change under way and then sees it, and a later change waits for this insertion, so that it
 * ends the session too. Without the lock a login could outlive its password. SQLite has one writer at a time.
 */
async function insertForAccount(
  { kysely, dialect }: SqlDatabase,
  { id, userId, version, digests, client }: NewSession,
  { lifetimes, clock }: { readonly lifetimes: SessionLifetimes; readonly clock: Clock },
): Promise<Session | 'superseded'> {
  const now = clock();
  const absoluteExpiry = now + lifetimes.absoluteMs;
  const row = await kysely
    .insertInto('sessions')
    .columns([...sessionColumns, 'absolute_expires_at', 'family_digest', 'token_digest', 'account_version'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .select([
          text(id).as('id'),
          'users.id as user_id',
          wholeNumber(now).as('created_at'),
          wholeNumber(now).as('last_seen_at'),
          wholeNumber(now).as('authenticated_at'),
          wholeNumber(Math.min(now + lifetimes.idleMs, absoluteExpiry)).as('expires_at'),
          text(client.ip).as('ip'),
          text(client.userAgent).as('user_agent'),
          wholeNumber(absoluteExpiry).as('absolute_expires_at'),
          text(digests.family).as('family_digest'),
          text(digests.token).as('token_digest'),
          wholeNumber(version).as('account_version'),
        ])
        .where('users.id', '=', userId)
        .where('users.version', '=', version)
        .where('users.disabled_at', 'is', null)
        .$if(dialect === 'postgres', (query) => query.forShare()),
    )
    .returning(sessionColumns)
    .executeTakeFirst();
  return row === undefined ? 'superseded' : toSession(row);
}
