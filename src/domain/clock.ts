/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMillis = number;
/** Seconds since 1970-01-01T00:00:00Z, as in RFC 7519 NumericDate; always an integer here. */
export type EpochSeconds = number;

/** Returns the time. It is always passed in: only the processes (main, cli) and tests create one. */
export type Clock = () => EpochMillis;

export const toSeconds = (ms: EpochMillis): EpochSeconds => Math.floor(ms / 1000);
