import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { AuthEvent, EventOutcome, EventType } from '../../domain/event.ts';

/**
 * Events: added, read and, once they are old, removed; never changed. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/event-store.ts` is the definition; every adapter runs it.
 */
export type EventStore = {
  /** Adds all events or none; at most 1000. An event that is stored already stays as it is, so a batch may be sent again. */
  readonly append: (events: readonly AuthEvent[]) => Promise<void>;
  /** Newest first, then by descending id; at most `first` after the position. Events match every given filter. */
  readonly list: (query: EventQuery) => Promise<EventPage>;
  /** Removes events that were kept for the retention time, at most `limit`, oldest first; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type EventQuery = EventFilter & {
  readonly first: number;
  /** The last event of the page before. */
  readonly after?: EventPosition | undefined;
};

export type EventPosition = { readonly time: EpochMillis; readonly id: string };

export type EventFilter = {
  /** Any of these; empty: of no type. */
  readonly types?: readonly EventType[] | undefined;
  readonly userId?: UserId | undefined;
  readonly outcome?: EventOutcome | undefined;
  /** Exactly as it was recorded. */
  readonly ip?: string | undefined;
  /** From this time on, */
  readonly since?: EpochMillis | undefined;
  /** and before this one. */
  readonly until?: EpochMillis | undefined;
};

export type EventPage = { readonly events: readonly AuthEvent[]; readonly hasNextPage: boolean };
