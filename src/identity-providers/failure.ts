import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
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

/** A response of a provider's API that is not the one asked for. */
export class UnexpectedStatus extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the API responded with status ${status}`);
    this.status = status;
  }
}

/**
 * Resolves with null if the provider refuses to tell this: a permission that the app or the person did not grant. A rejected token (401), a failure and an invalid response reject.
 */
export const nullIfRefused = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer;
  } catch (error) {
    const status = statusOf(error);
    if (status !== null && status >= 400 && status < 500 && status !== 401) return null;
    throw error;
  }
};

const statusOf = (error: unknown): number | null => {
  if (error instanceof UnexpectedStatus || error instanceof WWWAuthenticateChallengeError) return error.status;
  return error instanceof ClientError && error.cause instanceof Response ? error.cause.status : null;
};
