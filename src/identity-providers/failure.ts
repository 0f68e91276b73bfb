import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { AppError } from '../domain/errors.ts';

/**
 * What a provider's failure is to a caller: that it failed, or that it said no. Why goes to the log, in words that are the
 * library's or ours: what a provider sent (its tokens may be in it) stays where it is.
 */
export const toFailure = (error: unknown): AppError => {
  if (error instanceof AuthorizationResponseError && error.error === 'access_denied') {
    return new AppError('PROVIDER_DENIED');
  }
  return new AppError('PROVIDER_FAILED', {}, undefined, { cause: new Error(reasonOf(error)) });
};

const reasonOf = (error: unknown): string => {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return `the provider says ${/^[\w.-]{1,60}$/.test(error.error) ? error.error : 'something odd'}`;
  }
  if (!(error instanceof Error)) return 'unknown';
  const cause = error instanceof ClientError && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause;
};
