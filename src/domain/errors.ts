import { CodedError, type ErrorDetails, type ErrorRow, guardErrors } from '@fieldgate/guard/core';

/**
 * Every error that reaches clients. One row per code: the HTTP status of a refused request and of the OAuth endpoints, the error of
 * RFC 6749 §5.2 or RFC 6750 §3.1, whether a retry can succeed, and the message. In GraphQL an error that a resolver throws is 200, but for
 * a response without data that says RATE_LIMITED, SERVICE_UNAVAILABLE or INTERNAL_SERVER_ERROR. Messages are constants: they contain nothing secret and
 * nothing a client sent. They are also an `error_description`, which may contain neither quotation marks nor backslashes.
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
    message:
      'Sign-in with this email is locked after too many wrong passwords. Try again later, or ask an administrator to end the lock.',
  },
  STEP_UP_REQUIRED: {
    status: 401,
    oauth: 'insufficient_user_authentication',
    retryable: false,
    message: 'The last sign-in of this session was too long ago for this. Send currentPassword too, or sign in again.',
  },
  REFRESH_TOKEN_INVALID: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The refresh token is invalid, expired or already used. Sign in again.',
  },
  INVALID_REQUEST: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message: 'The request is malformed.',
  },
  INVALID_CLIENT: {
    status: 401,
    oauth: 'invalid_client',
    retryable: false,
    message: 'Client authentication failed. Check the client id and secret.',
  },
  UNAUTHORIZED_CLIENT: {
    status: 400,
    oauth: 'unauthorized_client',
    retryable: false,
    message: 'This client may not use this grant type. Service clients use client_credentials.',
  },
  UNSUPPORTED_GRANT_TYPE: {
    status: 400,
    oauth: 'unsupported_grant_type',
    retryable: false,
    message: 'The grant type is not supported. Use password, refresh_token or client_credentials.',
  },
  INVALID_SCOPE: {
    status: 400,
    oauth: 'invalid_scope',
    retryable: false,
    message: 'The scope is malformed or exceeds what can be granted. Request less, or leave it out.',
  },
  BAD_USER_INPUT: { status: 400, oauth: 'invalid_request', retryable: false, message: 'The input is invalid.' },
  RATE_LIMITED: {
    status: 429,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'Too many requests. Try again later.',
  },
  EMAIL_TAKEN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'An account with this email already exists. Sign in to it, or use another email.',
  },
  ACCOUNT_DISABLED: {
    status: 403,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The account is disabled. Ask an administrator to enable it.',
  },
  ACCOUNT_LINK_REQUIRED: {
    status: 409,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'An account with this email already exists. Sign in to it, then link this provider.',
  },
  EMAIL_UNVERIFIED: {
    status: 403,
    oauth: 'invalid_grant',
    retryable: false,
    message:
      'The provider has not verified your email address. Verify it there, or sign in to your account another way and link this provider.',
  },
  IDENTITY_TAKEN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This identity is linked to another account. Unlink it there first.',
  },
  LAST_ADMINISTRATOR: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This account is the last administrator. Make another account an administrator first.',
  },
  LAST_WAY_IN: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'This identity is the only way to sign in to the account. Link another one first.',
  },
  TOO_MANY_API_KEYS: {
    status: 409,
    oauth: 'invalid_request',
    retryable: false,
    message: 'The account has the maximum number of live API keys. Revoke one first.',
  },
  LOGIN_CODE_INVALID: {
    status: 400,
    oauth: 'invalid_grant',
    retryable: false,
    message: 'The code was used already, is older than a minute, or belongs to another page. Start the sign-in again.',
  },
  LOGIN_FLOW_INVALID: {
    status: 400,
    oauth: 'invalid_request',
    retryable: false,
    message:
      'This sign-in was not started in this browser, was completed already, or is older than ten minutes. Start it again.',
  },
  PROVIDER_DENIED: {
    status: 403,
    oauth: 'access_denied',
    retryable: false,
    message: 'The sign-in was cancelled or denied at the provider. Start it again, or sign in another way.',
  },
  PROVIDER_FAILED: {
    status: 502,
    oauth: 'temporarily_unavailable',
    retryable: true,
    message: 'The provider did not respond as expected. Try again.',
  },
  NOT_FOUND: {
    status: 404,
    oauth: 'invalid_request',
    retryable: false,
    message: 'It does not exist, or you may not access it.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code that clients branch on. Services throw it; it becomes a response once, at the edge. */
export class AppError extends CodedError {
  override readonly name = 'AppError';
  declare readonly code: ErrorCode;

  /** `message` replaces that of the table; it must be a constant too. */
  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    message: string = errorTable[code].message,
    options?: { readonly cause: unknown },
  ) {
    super(code, { ...errorTable[code], message }, details, options);
  }
}

/** Returns the error for input that the schema allows and a rule of ours does not. */
export const badInput = (field: string, reason: string, message: string): AppError =>
  new AppError('BAD_USER_INPUT', { field, reason }, message);
