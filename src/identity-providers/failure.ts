import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { messageOf } from '../domain/error-report.ts';
import { AppError } from '../domain/errors.ts';

/**
 * Returns the error clients get for a failure at a provider. Its cause goes to the log and consists of the library's words or
 * ours: what the provider sent may contain tokens and is not logged.
 */
export const toFailure = (error: unknown): AppError => {
  if (error instanceof AuthorizationResponseError && error.error === 'access_denied') {
    return new AppError('PROVIDER_DENIED');
  }
  return new AppError('PROVIDER_FAILED', {}, undefined, { cause: new Error(reasonOf(error)) });
};

const reasonOf = (error: unknown): string => {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return `the provider responded with the error ${/^[\w.-]{1,60}$/.test(error.error) ? error.error : '(malformed)'}`;
  }
  const cause = error instanceof ClientError && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
  return messageOf(error) + cause;
};
