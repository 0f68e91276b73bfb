import { setImmediate } from 'node:timers/promises';
import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { Page, PageQuery, Position } from '../../domain/page.ts';
import type { Session } from '../../domain/session.ts';
import type { SqlDatabase } from './database.ts';
import { toPage } from './page.ts';
import { isLive, sessionColumns, toSession } from './session-rows.ts';

type SessionQuery = PageQuery & { readonly now: EpochMillis };

/** How many rows one statement may pass over or sort. An embedded database answers nothing else meanwhile. */
const maxPassed = 1_000;
const maxSorted = 2_000;

/**
 * Returns `SessionStore.list`. Between the live sessions of an account may be any number of expired ones, which were not removed yet.
 * So the unexpired ones are sorted, which an index finds among them; only if these are too many, the newest are read in their order.
 */
export const listSessions = async (db: SqlDatabase, userId: UserId, query: SessionQuery): Promise<Page<Session>> =>
  (await isSortable(db, userId, query.now)) ? sortUnexpired(db, userId, query) : readInOrder(db, userId, query);

const unexpired = ({ kysely }: SqlDatabase, userId: UserId, now: EpochMillis) =>
  kysely
    .selectFrom('sessions')
    .where('user_id', '=', userId)
    .where('expires_at', '>', now)
    // The order of the index, so that no other one is taken.
    .orderBy('expires_at', 'desc');

const isSortable = async (db: SqlDatabase, userId: UserId, now: EpochMillis): Promise<boolean> => {
  const oneMore = await unexpired(db, userId, now).select('expires_at').offset(maxSorted).limit(1).executeTakeFirst();
  return oneMore === undefined;
};

async function sortUnexpired(
  db: SqlDatabase,
  userId: UserId,
  { first, after, now }: SessionQuery,
): Promise<Page<Session>> {
  const rows = await db.kysely
    .selectFrom(
      unexpired(db, userId, now)
        .select([...sessionColumns, 'account_version'])
        .limit(maxSorted)
        .as('page'),
    )
    .select(sessionColumns)
    .where(isLive(now, 'page'))
    .$if(after !== null, (page) =>
      page.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'id'), '<', tuple(after?.at ?? 0, after?.id ?? '')),
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(first + 1)
    .execute();
  return toPage(rows, first, toSession);
}

/** In steps: of so many unexpired sessions the newest are nearly all live. Others are passed over. */
async function readInOrder(
  { kysely }: SqlDatabase,
  userId: UserId,
  { first, after, now }: SessionQuery,
): Promise<Page<Session>> {
  const own = (from: Position | null) =>
    kysely
      .selectFrom('sessions')
      .select([...sessionColumns, 'account_version'])
      .where('user_id', '=', userId)
      .$if(from !== null, (rows) =>
        rows.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(from?.at ?? 0, from?.id ?? '')),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc');
  const found: Session[] = [];
  let from = after;
  for (;;) {
    const rows = await kysely
      .selectFrom(own(from).limit(maxPassed).as('page'))
      .select(sessionColumns)
      .where(isLive(now, 'page'))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(first + 1 - found.length)
      .execute();
    found.push(...rows.map(toSession));
    const isFull = found.length > first;
    const last = isFull
      ? undefined
      : await own(from)
          .offset(maxPassed - 1)
          .limit(1)
          .executeTakeFirst();
    if (last === undefined) return toPage(found, first, (session) => session);
    from = { at: last.created_at, id: last.id };
    await setImmediate();
  }
}
