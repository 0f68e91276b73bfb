/** What all errors with the same code have in common. */
export type ErrorRow = {
  /** The HTTP status of a response that consists of this error only. */
  readonly status: number;
  /** The OAuth error code of RFC 6749 §5.2 or RFC 6750 §3.1. */
  readonly oauth: string;
  /** Whether the same request can succeed when it is sent again. */
  readonly retryable: boolean;
  /** A constant. It contains nothing secret and nothing that a caller sent. */
  readonly message: string;
};

/** The errors that the guard itself responds with. */
export const guardErrors = {
  UNAUTHENTICATED: {
    status: 401,
    oauth: 'invalid_token',
    retryable: false,
    message: 'The credential is not accepted.',
  },
  FORBIDDEN: { status: 403, oauth: 'insufficient_scope', retryable: false, message: 'Not allowed.' },
  STEP_UP_REQUIRED: {
    status: 401,
    oauth: 'insufficient_user_authentication',
    retryable: false,
    message: 'The last sign-in was too long ago for this, or not strong enough. Sign in again.',
  },
  AMBIGUOUS_CREDENTIALS: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'More than one credential was presented. Send exactly one.',
  },
  QUERY_LIMIT_EXCEEDED: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'The operation exceeds a query limit. Split it into smaller ones.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'The service cannot answer right now. Try again shortly.',
  },
  INTERNAL_SERVER_ERROR: { status: 500, oauth: 'server_error', retryable: false, message: 'Unexpected error.' },
} as const satisfies Record<string, ErrorRow>;

export type GuardErrorCode = keyof typeof guardErrors;

/** What clients may branch on besides the code. Becomes `extensions` in GraphQL. Constants only. */
export type ErrorDetails = {
  /** A finer distinction within the code: `TOKEN_EXPIRED`, `ROLE`, `PASSWORD_TOO_SHORT`. */
  readonly reason?: string;
  /** The input field that the error is about. */
  readonly field?: string;
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
  /** How many seconds ago the caller may have proved who they are, at most. */
  readonly maxAge?: number;
  /** The methods by any one of which the caller must have proved who they are (RFC 8176). */
  readonly amr?: readonly string[];
  /** What the rule requires: a role, scopes, a policy. */
  readonly required?: Readonly<Record<string, unknown>>;
  /** The schema coordinate of the rule that was not met. */
  readonly coordinate?: string;
};

/**
 * An error that reaches clients with its code, message and details; every other error is masked. `cause` is for logs only
 * and is never sent.
 *
 * @example
 * throw new CodedError('ORDER_CLOSED', {
 *   status: 409,
 *   oauth: 'invalid_request',
 *   retryable: false,
 *   message: 'The order is closed. Open a new one.',
 * });
 */
export class CodedError extends Error {
  override readonly name: string = 'CodedError';
  readonly code: string;
  readonly status: number;
  readonly oauth: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: string, row: ErrorRow, details: ErrorDetails = {}, options?: { readonly cause: unknown }) {
    super(row.message, options);
    this.code = code;
    this.status = row.status;
    this.oauth = row.oauth;
    this.retryable = row.retryable;
    this.details = details;
  }
}

/**
 * An error of the guard. Authenticators and policies throw `SERVICE_UNAVAILABLE` when they cannot tell.
 *
 * @example
 * throw new GuardError('SERVICE_UNAVAILABLE', { retryAfter: 5 });
 */
export class GuardError extends CodedError {
  override readonly name = 'GuardError';

  constructor(
    code: GuardErrorCode,
    details: ErrorDetails = {},
    message: string = guardErrors[code].message,
    options?: { readonly cause: unknown },
  ) {
    super(code, { ...guardErrors[code], message }, details, options);
  }
}

/** Returns the error for cookies sent by a page of another site. Not UNAUTHENTICATED, because no other token would help. */
export const otherOrigin = (): GuardError =>
  new GuardError(
    'FORBIDDEN',
    { reason: 'ORIGIN' },
    'Session cookies are not accepted from this page. ISSUER and CORS_ORIGINS say which origins may use them.',
  );
