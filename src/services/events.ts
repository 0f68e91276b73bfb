import { type UserId, userId } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { badInput } from '../domain/errors.ts';
import {
  type AuthEvent,
  eventTable,
  isEventType,
  type NewAuthEvent,
  type RecordEvent,
  toEvent,
} from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import type { EventFilter, EventPage, EventQuery, EventStore } from '../stores/ports/event-store.ts';
import { createEventBuffer } from './event-buffer.ts';

const largestPage = 100;

type Dependencies = {
  readonly events: EventStore;
  readonly clock: Clock;
  /** Identifiers that sort in the order they are made in. */
  readonly createId: () => string;
  /** Writes the line in the log. */
  readonly write: (event: NewAuthEvent) => void;
  /** Told of trouble with the store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
  /** Told how many events are in the log alone, since the store was away for too long. */
  readonly onLost: (count: number) => void;
  /** How long events are kept. */
  readonly retentionMs: number;
};

/** What an administrator may ask for; as it was asked. */
export type EventSearch = Omit<EventFilter, 'types' | 'userId'> & {
  readonly types?: readonly string[] | undefined;
  readonly userId?: string | undefined;
};

type Page = Pick<EventQuery, 'first' | 'after'>;

export type Events = ReturnType<typeof createEvents>;

/** The event log: one line in the log for each event at once, and in the database for as long as it is kept. */
export const createEvents = (deps: Dependencies) => {
  const { events, clock } = deps;
  const buffer = createEventBuffer({ append: events.append, onTrouble: deps.onTrouble, onLost: deps.onLost });

  /** Writes an event down: at once, without a promise, and without ever throwing. */
  const record: RecordEvent = (draft) => {
    try {
      const event = toEvent(draft, deps.createId(), clock());
      if (eventTable[draft.type].kept) buffer.add(event);
      deps.write(event);
    } catch (error) {
      deps.onTrouble(error);
    }
  };

  /** What is about this account, newest first. Who else acted is told by kind alone. Errors: BAD_USER_INPUT (first). */
  const listOwn = async (owner: UserId, page: Page): Promise<EventPage> => {
    const own = await list({ ...page, userId: owner });
    return { ...own, events: own.events.map((event) => redactForOwner(event, owner)) };
  };

  /** Everything that was kept, newest first. Errors: BAD_USER_INPUT (first, types). */
  const search = ({ types, userId: about, ...filter }: EventSearch, page: Page): Promise<EventPage> => {
    const known = types?.filter(isEventType);
    if (known?.length !== types?.length) {
      throw badInput('types', 'EVENT_TYPE_UNKNOWN', 'One of the types is none that is recorded.');
    }
    if (about !== undefined && !isUuid(about)) return Promise.resolve({ events: [], hasNextPage: false });
    return list({ ...page, ...filter, types: known, userId: about === undefined ? undefined : userId(about) });
  };

  const list = async (query: EventQuery): Promise<EventPage> => {
    if (query.first < 1 || query.first > largestPage) {
      throw badInput('first', 'OUT_OF_RANGE', 'A page holds 1 to 100 events.');
    }
    // Whoever looks right after something happened here finds it.
    await buffer.flush();
    return events.list(query);
  };

  /** Removes what has been kept long enough, a bounded number at a time; returns how many. */
  const purge = (limit: number): Promise<number> => events.purge(limit, clock() - deps.retentionMs);

  /** Writes what is still waiting; to be called before the store is closed. */
  const close = (): Promise<void> => buffer.close();

  return { record, listOwn, search, purge, close };
};

/** An administrator's address is not the account holder's business; that of a stranger who tried their password is. */
const redactForOwner = (event: AuthEvent, holder: UserId): AuthEvent => {
  const { kind, id } = event.actor;
  if (id === null || id === holder || kind === 'api_key') return event;
  return { ...event, actor: { kind, id: null }, ip: null, userAgent: null, requestId: null };
};
