import { apiKeyId } from '@fieldgate/guard';
import { describe, expect } from 'vitest';
import { createApiKeyText } from '../../src/crypto/api-key.ts';
import { createId } from '../../src/crypto/identifiers.ts';
import { adminEnv, login, newEmail, signup, startServer, type TestServer, testWithServer } from '../support/server.ts';

/** Pairs of each measurement. `TIMING_SAMPLES=300` gives a verdict, on a quiet machine. */
const samples = Number(process.env['TIMING_SAMPLES'] ?? 12);
const toleratedMs = 2;

const test = testWithServer({ ...adminEnv, LOGIN_LOCK: '1s' });
const strict = testWithServer({ LOGIN_MAX_FAILURES: '1', LOGIN_LOCK: '1d' });

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * By how much one takes longer than the other, and how sure that is: the median of the differences of pairs measured one
 * after the other, each first as often as the other, and four standard errors of it (from the median deviation, which a
 * few slow ones do not move).
 */
const compare = async (one: () => Promise<unknown>, other: () => Promise<unknown>) => {
  const timed = async (work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  await timed(one);
  await timed(other);
  const differences: number[] = [];
  for (let pair = 0; pair < samples; pair += 1) {
    const [first, second] = pair % 2 === 0 ? [one, other] : [other, one];
    const [firstMs, secondMs] = [await timed(first), await timed(second)];
    differences.push(pair % 2 === 0 ? firstMs - secondMs : secondMs - firstMs);
  }
  const middle = median(differences);
  const deviation = median(differences.map((difference) => Math.abs(difference - middle)));
  return { differenceMs: Math.abs(middle), noiseMs: (4 * 1.2533 * 1.4826 * deviation) / Math.sqrt(samples) };
};

const expectAlike = async (one: () => Promise<unknown>, other: () => Promise<unknown>) => {
  const { differenceMs, noiseMs } = await compare(one, other);
  expect(differenceMs).toBeLessThan(toleratedMs + noiseMs);
};

describe(`response times (${samples} pairs)`, { timeout: 600_000 }, () => {
  /** A wrong password, when earlier failures have expired. */
  const fail = (server: TestServer, email: string) => () => {
    server.advance(1_000);
    return login(server, email, 'not the password of anybody');
  };

  test('F34, P12: the response time does not reveal whether an email has an account', async ({ server }) => {
    const { user } = await signup(server);
    await expectAlike(fail(server, user.email), fail(server, newEmail()));
  });

  test('F34, P12: the response time does not reveal whether an account is disabled', async ({ server, admin }) => {
    const [{ user: on }, { user: off }] = [await signup(server), await signup(server)];
    await server.gql(`mutation { disableUser(id: "${off.id}") { id } }`, { token: admin.accessToken });
    await expectAlike(fail(server, on.email), fail(server, off.email));
  });

  strict('F34, P12: the response time does not reveal whether a locked email has an account', async ({ server }) => {
    const [{ user }, nobody] = [await signup(server), newEmail()];
    const tryAgain = (email: string) => () => login(server, email, 'whatever');
    await expectAlike(tryAgain(user.email), tryAgain(nobody));
  });

  test('F34, K07: the response time does not reveal whether the id of an API key exists', async ({ server }) => {
    const { accessToken: token } = await signup(server);
    const { apiKey } = (
      await server.gql('mutation { createApiKey(input: { name: "k", scopes: [] }) { apiKey { id } } }', { token })
    ).data.createApiKey;
    const present = (id: string) => {
      const { text } = createApiKeyText(apiKeyId(id));
      return () => server.gql('{ me { id } }', { headers: { 'x-api-key': text } });
    };
    await expectAlike(present(apiKey.id), present(createId(Date.now())));
  });

  // With few pairs on a busy machine the noise alone can be larger than a hash.
  if (samples >= 100)
    test('the measurement detects the difference between a lock and a hash', async ({ server }) => {
      const locking = await startServer({ LOGIN_MAX_FAILURES: '1', LOGIN_LOCK: '1d' });
      const [{ user }, nobody] = [await signup(server), newEmail()];
      await login(locking, nobody, 'x');
      const { differenceMs, noiseMs } = await compare(fail(server, user.email), () => login(locking, nobody, 'x'));
      expect(differenceMs).toBeGreaterThan(toleratedMs + noiseMs);
    });
});
