import { sessionId, userId } from '@fieldgate/guard/core';
import type { Selectable, SelectQueryBuilder } from 'kysely';
import type { AuthEvent, EventMetadata } from '../../domain/event.ts';
import type { EventFilter, EventQuery, EventStore } from '../ports/event-store.ts';
import type { SqlDatabase } from './database.ts';
import type { EventsTable, Schema } from './schema.ts';

/** Events in SQL: one row each, kept for `retentionMs`. */
export function sqlEventStore(
  { kysely, dialect }: SqlDatabase,
  { retentionMs }: { readonly retentionMs: number },
): EventStore {
  /** The first rows of one type, in order, from an index. */
  const pageOf = (query: EventQuery, type: string | null) => {
    let page = narrowed(kysely.selectFrom('events').selectAll(), query);
    if (type !== null) page = page.where('type', '=', type);
    return page
      .orderBy('time', 'desc')
      .orderBy('id', 'desc')
      .limit(query.first + 1);
  };

  return {
    async append(events) {
      if (events.length === 0) return;
      await kysely
        .insertInto('events')
        .values(events.map(toRow))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },

    async list(query) {
      // PostgreSQL cannot store U+0000, and SQLite is not given any.
      if (query.ip?.includes('\0')) return { events: [], hasNextPage: false };
      // One page per type, merged: sorting all events of several types could take for ever.
      const types = query.types === undefined ? [null] : [...new Set(query.types)];
      const [first, ...others] = types.map((type) => kysely.selectFrom(pageOf(query, type).as('page')).selectAll());
      if (first === undefined) return { events: [], hasNextPage: false };
      const rows = await kysely
        .selectFrom(others.reduce((all, page) => all.unionAll(page), first).as('pages'))
        .selectAll()
        .orderBy('time', 'desc')
        .orderBy('id', 'desc')
        .limit(query.first + 1)
        .execute();
      return { events: rows.slice(0, query.first).map(toAuthEvent), hasNextPage: rows.length > query.first };
    },

    async purgeExpired(limit, now) {
      const { numDeletedRows } = await kysely
        .deleteFrom('events')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('events')
            .select('id')
            .where('time', '<', now - retentionMs)
            .orderBy('time')
            .limit(limit)
            // Instances that purge at once skip each other's rows instead of waiting for them.
            .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked()),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

type Rows = SelectQueryBuilder<Schema, 'events', Selectable<EventsTable>>;

const narrowed = (rows: Rows, { after, ...filter }: EventQuery): Rows => {
  const found = matching(rows, filter);
  if (after === undefined) return found;
  return found.where(({ eb, refTuple, tuple }) => eb(refTuple('time', 'id'), '<', tuple(after.time, after.id)));
};

const matching = (rows: Rows, { userId: user, outcome, ip, since, until }: EventFilter): Rows => {
  let found = rows;
  if (user !== undefined) found = found.where('user_id', '=', user);
  if (outcome !== undefined) found = found.where('outcome', '=', outcome);
  if (ip !== undefined) found = found.where('ip', '=', ip);
  if (since !== undefined) found = found.where('time', '>=', since);
  if (until !== undefined) found = found.where('time', '<', until);
  return found;
};

const toRow = (event: AuthEvent): Selectable<EventsTable> => ({
  id: event.id,
  time: event.time,
  type: event.type,
  outcome: event.outcome,
  actor_kind: event.actor.kind,
  actor_id: event.actor.id,
  user_id: event.userId,
  session_id: event.sessionId,
  ip: event.ip,
  user_agent: event.userAgent,
  request_id: event.requestId,
  reason: event.reason,
  metadata: JSON.stringify(event.metadata),
});

const toAuthEvent = (row: Selectable<EventsTable>): AuthEvent => ({
  id: row.id,
  time: row.time,
  type: row.type,
  outcome: row.outcome === 'success' ? 'success' : 'failure',
  actor: { kind: row.actor_kind, id: row.actor_id },
  userId: row.user_id === null ? null : userId(row.user_id),
  sessionId: row.session_id === null ? null : sessionId(row.session_id),
  ip: row.ip,
  userAgent: row.user_agent,
  requestId: row.request_id,
  reason: row.reason,
  metadata: parseMetadata(row.metadata),
});

/** Unchecked cast: only `toRow` writes this text. A row that was edited by hand has none. */
const parseMetadata = (text: string): EventMetadata => {
  try {
    return JSON.parse(text) as EventMetadata;
  } catch {
    return {};
  }
};
