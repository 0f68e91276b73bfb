import { type UserId, userId } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { badInput } from '../domain/errors.ts';
import { type AuthEvent, eventTable, isEventType, type RecordEvent, toEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { maxPageSize } from '../domain/page.ts';
import type { Signals } from '../domain/signals.ts';
import type { EventFilter, EventPage, EventQuery, EventStore } from '../stores/ports/event-store.ts';
import { createEventBuffer } from './event-buffer.ts';

type EventsDeps = {
  readonly events: EventStore;
  readonly clock: Clock;
  /** Returns identifiers that sort in the order they are made in. */
  readonly createId: () => string;
  readonly signals: Pick<Signals, 'backgroundError' | 'eventRecorded' | 'eventsLost'>;
};

/** The filter of an administrator, as it was given. */
export type EventSearch = Omit<EventFilter, 'types' | 'userId'> & {
  readonly types?: readonly string[] | undefined;
  readonly userId?: string | undefined;
};

type Page = Pick<EventQuery, 'first' | 'after'>;

export type Events = ReturnType<typeof createEvents>;

/** The event log: each event is a line in the log at once, and a row in the database for as long as it is kept. */
export const createEvents = (deps: EventsDeps) => {
  const { events, clock, signals } = deps;
  const buffer = createEventBuffer({ append: events.append, signals });

  const record: RecordEvent = (draft) => {
    try {
      const event = toEvent(draft, deps.createId(), clock());
      if (eventTable[draft.type].isStored) buffer.add(event);
      signals.eventRecorded(event);
    } catch (error) {
      signals.backgroundError(error);
    }
  };

  /** Resolves with the events about this account, newest first. Other actors are shown by kind alone. Errors: BAD_USER_INPUT (first). */
  const listOwn = async (owner: UserId, page: Page): Promise<EventPage> => {
    const own = await list({ ...page, userId: owner });
    return { ...own, events: own.events.map((event) => redactForOwner(event, owner)) };
  };

  /** Resolves with all events in the database that match, newest first. Errors: BAD_USER_INPUT (first, types). */
  const search = ({ types, userId: about, ...filter }: EventSearch, page: Page): Promise<EventPage> => {
    const known = types?.filter(isEventType);
    if (known?.length !== types?.length) throw badInput('types', 'EVENT_TYPE_UNKNOWN', unknownType);
    if (about !== undefined && !isUuid(about)) return Promise.resolve({ events: [], hasNextPage: false });
    return list({ ...page, ...filter, types: known, userId: about === undefined ? undefined : userId(about) });
  };

  const list = async (query: EventQuery): Promise<EventPage> => {
    if (query.first < 1 || query.first > maxPageSize) {
      throw badInput('first', 'OUT_OF_RANGE', `The page size is out of range. Ask for 1 to ${maxPageSize} events.`);
    }
    // A caller finds what happened on this instance just before.
    await buffer.flush();
    return events.list(query);
  };

  /** Writes what is in the buffer. Call it before the store is closed. */
  const close = (): Promise<void> => buffer.close();

  return { record, listOwn, search, close };
};

const unknownType = `At least one of the types does not exist. The types are: ${Object.keys(eventTable).join(', ')}.`;

/** The owner must not see an administrator's address, but must see that of a stranger who tried their password. */
const redactForOwner = (event: AuthEvent, owner: UserId): AuthEvent => {
  const { kind, id } = event.actor;
  if (id === null || id === owner || kind === 'api_key') return event;
  return { ...event, actor: { kind, id: null }, ip: null, userAgent: null, requestId: null };
};
