/** What may be logged of an error: never the error object itself, because drivers hang commands, rows and passwords on theirs. */
export type ErrorReport = {
  readonly type: string;
  /** Of the system, the driver or ours: `ECONNREFUSED`, an SQLSTATE, `SERVICE_UNAVAILABLE`. */
  readonly code?: string | number;
  readonly message: string;
  readonly cause?: ErrorReport;
  /** Of an AggregateError. */
  readonly errors?: readonly ErrorReport[];
};

/** Replaces what must not be printed in a text. */
export type Redact = (text: string) => string;

/** A chain of causes may be a circle. */
const maxDepth = 4;
const maxErrors = 5;
const maxMessageLength = 300;
const placeholder = '[secret]';

/**
 * Returns the name, the code and the cleaned message of an error and of its causes, and nothing else of them. The one way
 * from an error to a log line, a terminal or a start that is refused.
 */
export const describeError = (error: unknown, redact: Redact = unchanged): ErrorReport => describe(error, redact, 0);

/** Returns only the message of the report. */
export const messageOf = (error: unknown, redact: Redact = unchanged): string => describe(error, redact, 0).message;

/** Returns the lines of a stack that name places in the code, without the message before them; undefined if there are none. */
export const framesOf = (error: unknown): string | undefined => {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  const frames = stack
    .split('\n')
    .filter((line) => /^ {4}at [^\n]*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\))$/.test(line));
  return frames.length > 0 ? frames.join('\n') : undefined;
};

/** Shorter texts would be found in ordinary words. */
const minSecretLength = 4;

/** Returns a function that masks these texts wherever they appear, also percent-encoded. */
export const createRedaction = (secrets: Iterable<string>): Redact => {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < minSecretLength) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) forms.add(form);
  }
  // The longest first: one may contain another.
  const ordered = [...forms].sort((one, other) => other.length - one.length);
  return (text) => ordered.reduce((masked, form) => masked.replaceAll(form, placeholder), text);
};

const unchanged: Redact = (text) => text;

const describe = (error: unknown, redact: Redact, depth: number): ErrorReport => {
  if (!(error instanceof Error))
    return { type: typeof error, message: typeof error === 'string' ? clean(error, redact) : '' };
  const code = codeOf(error);
  const isLast = depth + 1 >= maxDepth;
  return {
    type: redact(String(error.name)),
    ...(code === null ? {} : { code: typeof code === 'string' ? redact(code) : code }),
    message: safeMessage(error, code, redact),
    ...(isLast || !(error.cause instanceof Error) ? {} : { cause: describe(error.cause, redact, depth + 1) }),
    ...(isLast || !(error instanceof AggregateError)
      ? {}
      : { errors: error.errors.slice(0, maxErrors).map((each: unknown) => describe(each, redact, depth + 1)) }),
  };
};

const codeOf = (error: Error): string | number | null => {
  const code: unknown = 'code' in error ? error.code : null;
  if (typeof code === 'number') return code;
  return typeof code === 'string' && /^\w[\w.-]{0,60}$/.test(code) ? code : null;
};

/** Parsers quote what they could not read; PostgreSQL's classes 22 and 23 quote values of rows. */
const safeMessage = (error: Error, code: string | number | null, redact: Redact): string => {
  if (error.name === 'SyntaxError') return 'a text could not be parsed';
  if ('severity' in error && typeof code === 'string' && /^2[23]/.test(code)) return 'a value was not accepted';
  return clean(error.message, redact);
};

/** What a server repeats of a command, credentials in URLs and headers, tokens and keys. */
const quoted: readonly (readonly [RegExp, string])[] = [
  [/,? ?with args beginning with:?.*$/s, ''],
  [/\/\/[^/\s@]*@/g, `//${placeholder}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${placeholder}`],
  [/\beyJ[\w-]*\.[\w-]*\.?[\w-]*/g, placeholder],
  [/\bfg[a-z]{0,2}_[\w-]+/g, placeholder],
  [/-----BEGIN.*/s, placeholder],
  [/[\p{Cc}\p{Cf}\s]+/gu, ' '],
];

const clean = (text: string, redact: Redact): string =>
  quoted
    .reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), redact(text))
    .trim()
    .slice(0, maxMessageLength);
