import type { NewAuthEvent } from './event.ts';

/** Reports what happens in a process beside its requests. Made once per process, in boot. Every method returns at once. */
export type Signals = {
  /** Called with store errors that no request reports (background work). */
  readonly backgroundError: (error: unknown) => void;
  /** Called with each event when it is recorded. */
  readonly eventRecorded: (event: NewAuthEvent) => void;
  /** Called with a row of the database that is no valid record; it is treated as if it were not there. */
  readonly rowUnreadable: (row: { readonly table: string; readonly id: string }) => void;
  /** Called with the number of events that the database will never hold. */
  readonly eventsLost: (count: number) => void;
  /** Called when this instance begins to sign with another key. */
  readonly signingKeyChanged: (kid: string) => void;
  /** Called with the signing keys in the database that this configuration cannot open, whenever they change. */
  readonly keysSealed: (kids: readonly string[]) => void;
  /** Called with what went wrong at an identity provider; the browser gets an error code only. */
  readonly providerFailed: (error: unknown, provider: string) => void;
};

/** For a process without a log, such as a command. */
export const silentSignals: Signals = {
  backgroundError: () => {},
  rowUnreadable: () => {},
  eventRecorded: () => {},
  eventsLost: () => {},
  signingKeyChanged: () => {},
  keysSealed: () => {},
  providerFailed: () => {},
};
