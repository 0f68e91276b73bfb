import { CodedError, type ErrorDetails, type ErrorRow, guardErrors } from '@fieldgate/guard/core';

/**
 * Every failure a caller can be told of. One row per code: the HTTP status where a whole request is answered with it,
 * the RFC 6749 §5.2 / RFC 6750 §3.1 word for it, whether trying the same again can help, and its one message.
 * Messages are constants: nothing secret and nothing typed by a caller gets into one.
 */
export const errorTable = {
  ...guardErrors,
  INVALID_CREDENTIALS: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The email or the password is wrong.',
  },
  ACCOUNT_LOCKED: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: true,
    message: 'There were too many wrong passwords for this email. Try again later.',
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
  RATE_LIMITED: {
    status: 429,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'Too many requests. Try again later.',
  },
  QUERY_LIMIT_EXCEEDED: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'The operation is more than one may ask for at once.',
  },
  EMAIL_TAKEN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'An account with this email exists already.',
  },
  ACCOUNT_DISABLED: {
    status: 403,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'This account is switched off.',
  },
  ACCOUNT_LINK_REQUIRED: {
    status: 409,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'An account with this email exists already. Sign in to it as before, then link this way in.',
  },
  EMAIL_UNVERIFIED: {
    status: 403,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The provider vouches for no email address of yours, which a new account needs.',
  },
  IDENTITY_TAKEN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This identity is linked to another account.',
  },
  LAST_WAY_IN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This is the only way into the account. Link another one first.',
  },
  TOO_MANY_API_KEYS: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This account has as many live API keys as it may. Revoke one first.',
  },
  LOGIN_CODE_INVALID: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The code is not accepted: it is used, older than a minute, or of another page. Begin again.',
  },
  LOGIN_FLOW_INVALID: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This sign-in was not begun in this browser, has been used, or is older than ten minutes. Begin again.',
  },
  PROVIDER_DENIED: {
    status: 403,
    oauth: 'access_denied',
    retryable: false,
    message: 'The sign-in at the provider was called off.',
  },
  PROVIDER_FAILED: {
    status: 502,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'The provider did not answer as it should. Try again.',
  },
  NOT_FOUND: {
    status: 404,
    oauth: 'invalid_request',
    retryable: false,
    message: 'There is no such thing, or not for you.',
  },
  INTERNAL_SERVER_ERROR: { status: 500, oauth: 'server_error', retryable: false, message: 'Unexpected error.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** A failure with a code a caller can branch on. Thrown by services, turned into an answer once, at the edge. */
export class AppError extends CodedError {
  override readonly name = 'AppError';
  declare readonly code: ErrorCode;

  /** `message` replaces the table's one; it must be a constant too. */
  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    message: string = errorTable[code].message,
    options?: { readonly cause: unknown },
  ) {
    super(code, { ...errorTable[code], message }, details, options);
  }
}

/** For input that a field of the schema allows and a rule of ours does not. */
export const badInput = (field: string, reason: string, message: string): AppError =>
  new AppError('BAD_USER_INPUT', { field, reason }, message);
