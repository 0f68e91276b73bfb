import { AppError, errorTable } from '../../domain/errors.ts';
import type { RequestState } from '../../graphql/context.ts';
import { json, type Route } from '../router.ts';

/** RFC 6749 §5.1: `Cache-Control: no-store`, which every answer of ours says, and this for the caches of old. */
const notCached = { pragma: 'no-cache' } as const;

const basicChallenge = 'Basic realm="fieldgate", charset="UTF-8"';
const bearerChallenge = 'Bearer realm="fieldgate"';
const defaultRetryAfterSeconds = 1;

/** Told of every failure that is a fault of ours. The caller only sees `server_error`. */
type ReportBug = (error: unknown, requestId: string) => void;

/** An answer that may hold tokens. */
export const tokenResponse = (body: object, status = 200): Response => json(status, body, notCached);

/** An endpoint with its failures turned into answers as RFC 6749 §5.2 words them. */
export const handleErrors =
  (endpoint: Route, report: ReportBug): Route =>
  async (request, state) => {
    try {
      return await endpoint(request, state);
    } catch (error) {
      return errorResponse(knownError(error, state, report));
    }
  };

const knownError = (error: unknown, { requestId }: RequestState, report: ReportBug): AppError => {
  if (error instanceof AppError) return error;
  report(error, requestId);
  return new AppError('INTERNAL_SERVER_ERROR');
};

const errorResponse = (error: AppError): Response => {
  const { status, oauth } = errorTable[error.code];
  const body = { error: oauth, error_description: error.message };
  return json(status, body, { ...notCached, ...headersFor(error) });
};

const headersFor = ({ code, details }: AppError): Readonly<Record<string, string>> => {
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
      return { 'www-authenticate': `${bearerChallenge}, error="${errorTable[code].oauth}"` };
    default:
      return {};
  }
};
