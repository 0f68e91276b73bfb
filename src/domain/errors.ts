/**
 * Every failure a caller can be told of. One row per code: the HTTP status where a whole request is answered with it,
 * the RFC 6749 §5.2 / RFC 6750 §3.1 word for it, whether trying the same again can help, and its one message.
 * Messages are constants: nothing secret and nothing typed by a caller gets into one.
 */
export const errorTable = {
  UNAUTHENTICATED: {
    status: 401,
    oauth: 'invalid_token',
    retryable: false,
    message: 'The credential is not accepted.',
  },
  FORBIDDEN: { status: 403, oauth: 'insufficient_scope', retryable: false, message: 'Not allowed.' },
  AMBIGUOUS_CREDENTIALS: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'More than one credential was presented. Send exactly one.',
  },
  INVALID_CREDENTIALS: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The email or the password is wrong.',
  },
  REFRESH_TOKEN_INVALID: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The refresh token is not accepted. Sign in again.',
  },
  INVALID_REQUEST: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'The request is not well formed.',
  },
  INVALID_CLIENT: {
    status: 401,
    oauth: 'invalid_client',
    retryable: false,
    message: 'Client authentication failed.',
  },
  UNAUTHORIZED_CLIENT: {
    status: 400,
    oauth: 'unauthorized_client',
    retryable: false,
    message: 'This client may not use this grant.',
  },
  UNSUPPORTED_GRANT_TYPE: {
    status: 400,
    oauth: 'unsupported_grant_type',
    retryable: false,
    message: 'There is no such grant here.',
  },
  INVALID_SCOPE: {
    status: 400,
    oauth: 'invalid_scope',
    retryable: false,
    message: 'The scope is malformed or more than can be granted.',
  },
  BAD_USER_INPUT: { status: 400, oauth: 'invalid_request', retryable: false, message: 'The input is not acceptable.' },
  EMAIL_TAKEN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'An account with this email exists already.',
  },
  NOT_FOUND: {
    status: 404,
    oauth: 'invalid_request',
    retryable: false,
    message: 'There is no such thing, or not for you.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'The service cannot answer right now. Try again shortly.',
  },
  INTERNAL_SERVER_ERROR: { status: 500, oauth: 'server_error', retryable: false, message: 'Unexpected error.' },
} as const satisfies Record<string, ErrorRow>;

type ErrorRow = {
  readonly status: number;
  readonly oauth: string;
  readonly retryable: boolean;
  readonly message: string;
};

export type ErrorCode = keyof typeof errorTable;

/** What a client may branch on besides the code; becomes `extensions` in GraphQL. Constants of ours only. */
export type ErrorDetails = {
  /** A finer word within the code: `TOKEN_EXPIRED`, `ROLE`, `PASSWORD_TOO_SHORT`. */
  readonly reason?: string;
  /** The input field that is meant. */
  readonly field?: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  /** What would have been needed: a role, scopes, a policy. */
  readonly required?: Readonly<Record<string, unknown>>;
  /** The schema coordinate whose rule was not met. */
  readonly coordinate?: string;
};

/** A failure with a code a caller can branch on. Thrown by services and guards, turned into an answer once, at the edge. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /**
   * `message` replaces the table's one; it must be a constant too. `cause` is what went wrong underneath, for the log
   * alone: no answer ever carries it.
   */
  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    message: string = errorTable[code].message,
    options?: { readonly cause: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** For input that a field of the schema allows and a rule of ours does not. */
export const badInput = (field: string, reason: string, message: string): AppError =>
  new AppError('BAD_USER_INPUT', { field, reason }, message);
