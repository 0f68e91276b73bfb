import { CodedError } from '@fieldgate/guard/core';
import { AppError } from '../../domain/errors.ts';
import type { RequestState } from '../../graphql/context.ts';
import type { Route } from '../route.ts';
import { json } from '../router.ts';

/** RFC 6749 §5.1: beside `Cache-Control: no-store`, which every response has, for HTTP/1.0 caches. */
const noCacheHeaders = { pragma: 'no-cache' } as const;

const basicChallenge = 'Basic realm="fieldgate", charset="UTF-8"';
const bearerChallenge = 'Bearer realm="fieldgate"';
const defaultRetryAfterSeconds = 1;

/** Called with every error that is a bug of ours. The client only gets `server_error`. */
type ReportBug = (error: unknown, requestId: string) => void;

/** A response that may contain tokens. */
export const tokenResponse = (body: object, status = 200): Response => json(status, body, noCacheHeaders);

/** Wraps an endpoint: its errors become responses as in RFC 6749 §5.2. */
export const handleErrors =
  (endpoint: Route, report: ReportBug): Route =>
  async (request, state) => {
    try {
      return await endpoint(request, state);
    } catch (error) {
      return errorResponse(toCodedError(error, state, report));
    }
  };

const toCodedError = (error: unknown, { requestId }: RequestState, report: ReportBug): CodedError => {
  if (error instanceof CodedError) return error;
  report(error, requestId);
  return new AppError('INTERNAL_SERVER_ERROR');
};

const errorResponse = (error: CodedError): Response => {
  const body = { error: error.oauth, error_description: error.message };
  return json(error.status, body, { ...noCacheHeaders, ...headersFor(error) });
};

const headersFor = ({ code, oauth, details }: CodedError): Readonly<Record<string, string>> => {
  switch (code) {
    case 'SERVICE_UNAVAILABLE':
    case 'ACCOUNT_LOCKED':
    case 'RATE_LIMITED':
      return { 'retry-after': String(details.retryAfter ?? defaultRetryAfterSeconds) };
    case 'INVALID_CLIENT':
      return {
        'www-authenticate': details.reason === 'BEARER_TOO' ? `${basicChallenge}, ${bearerChallenge}` : basicChallenge,
      };
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return { 'www-authenticate': `${bearerChallenge}, error="${oauth}"` };
    default:
      return {};
  }
};
