import { expect, it } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { handleErrors } from '../../../src/http/oauth/responses.ts';

const state = { requestId: 'r1', client: { ip: null, userAgent: null }, setCookies: [], rateLimits: [], payer: null };

const answerTo = async (thrown: unknown) => {
  const reported: unknown[] = [];
  const route = handleErrors(
    () => Promise.reject(thrown),
    (error, requestId) => reported.push([error, requestId]),
  );
  const response = await route(new Request('http://localhost/token'), state);
  if (!(response instanceof Response)) throw new TypeError('OAuth endpoints answer with Fetch responses.');
  return { response, body: JSON.parse(await response.text()), reported };
};

it('an unavailable store is temporarily_unavailable, with status 503 and Retry-After', async () => {
  const { response, body, reported } = await answerTo(new AppError('SERVICE_UNAVAILABLE', { retryAfter: 3 }));
  expect([response.status, body.error, response.headers.get('retry-after')]).toEqual([
    503,
    'temporarily_unavailable',
    '3',
  ]);
  expect(reported).toEqual([]);
});

it('a bug of ours is server_error, reveals nothing, and is reported with the request id', async () => {
  const fault = new Error('password hunter2 at 10.0.0.1');
  const { response, body, reported } = await answerTo(fault);
  expect([response.status, body]).toEqual([500, { error: 'server_error', error_description: 'Unexpected error.' }]);
  expect(reported).toEqual([[fault, 'r1']]);
});
