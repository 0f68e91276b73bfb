import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { AuthEvent, EventOutcome, EventType } from '../../domain/event.ts';

/**
 * Events. They are only added, read and, when they are old, removed. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/event-store.ts` is the definition; every adapter runs it.
 */
export type EventStore = {
  /** All of them or none; at most 1 000. One that is there already stays as it is: what was not answered for may be sent again. */
  readonly append: (events: readonly AuthEvent[]) => Promise<void>;
  /** Newest first, then by id downwards; at most `first` after the position. Everything that is asked for must hold. */
  readonly list: (query: EventQuery) => Promise<EventPage>;
  /** Removes what happened before a time, oldest first, a bounded number at a time; returns how many. */
  readonly purge: (limit: number, before: EpochMillis) => Promise<number>;
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
  /** Exactly as it was written down. */
  readonly ip?: string | undefined;
  /** From this time on, */
  readonly since?: EpochMillis | undefined;
  /** and before this one. */
  readonly until?: EpochMillis | undefined;
};

export type EventPage = { readonly events: readonly AuthEvent[]; readonly hasNextPage: boolean };
