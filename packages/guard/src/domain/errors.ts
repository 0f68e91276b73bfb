/** What every error with one code has in common. */
export type ErrorRow = {
  /** The HTTP status of an answer that consists of this error only. */
  readonly status: number;
  /** The same in the words of RFC 6749 §5.2 and RFC 6750 §3.1. */
  readonly oauth: string;
  /** Whether sending the same request again can succeed. */
  readonly retryable: boolean;
  /** A constant: nothing secret and nothing typed by a caller gets into it. */
  readonly message: string;
};

/** The errors that the guard itself answers with. */
export const guardErrors = {
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
  SERVICE_UNAVAILABLE: {
    status: 503,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'The service cannot answer right now. Try again shortly.',
  },
} as const satisfies Record<string, ErrorRow>;

export type GuardErrorCode = keyof typeof guardErrors;

/** What a client may branch on besides the code; becomes `extensions` in GraphQL. Constants only. */
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

/**
 * An error with a code that clients branch on: it reaches them as it is, while every other error is masked. `cause` is what
 * went wrong underneath, for the log only: no answer carries it.
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

/** An error of the guard. Authenticators and policies throw `new GuardError('SERVICE_UNAVAILABLE')` when they cannot tell. */
export class GuardError extends CodedError {
  override readonly name = 'GuardError';

  constructor(code: GuardErrorCode, details: ErrorDetails = {}, message: string = guardErrors[code].message) {
    super(code, { ...guardErrors[code], message }, details);
  }
}

/** For cookies that came with a request of another site's page: no other token would help, so it is not UNAUTHENTICATED. */
export const otherOrigin = (): GuardError =>
  new GuardError(
    'FORBIDDEN',
    { reason: 'ORIGIN' },
    'Session cookies are not accepted from this page. ISSUER and CORS_ORIGINS say which origins may use them.',
  );
