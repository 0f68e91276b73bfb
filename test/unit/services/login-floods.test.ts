import { describe, expect, it } from 'vitest';
import { createBoundedQueue } from '../../../src/crypto/bounded-queue.ts';
import { emailDigest } from '../../../src/domain/ids.ts';
import { noAttempts } from '../../../src/domain/login-attempts.ts';
import { createLoginLockout } from '../../../src/services/login-lockout.ts';
import type { LoginAttemptStore } from '../../../src/stores/ports/login-attempt-store.ts';

const later = () => new Promise((resolve) => setImmediate(resolve));

/** A lockout over a queue of five hashes, and a store that answers later and counts what it is asked to write. */
const setUp = () => {
  const queue = createBoundedQueue({ concurrency: 2, maxQueue: 3, retryAfterSeconds: 1 });
  const stored = new Map<string, typeof noAttempts>();
  let writes = 0;
  const attempts: LoginAttemptStore = {
    find: async (digest) => stored.get(digest) ?? noAttempts,
    change: async (digest, decide) => {
      writes += 1;
      await later();
      const { outcome, record } = decide(stored.get(digest) ?? noAttempts);
      if (record !== null) stored.set(digest, record.attempts);
      return outcome;
    },
    purgeExpired: async () => 0,
  };
  let id = 0;
  const lockout = createLoginLockout({
    ...{ attempts, policy: { maxFailures: 5, lockMs: 1_000 }, clock: () => 1, digest: emailDigest },
    createId: () => String(++id),
  });
  const signIn = (email: string) =>
    lockout
      .attempt(email, queue.reserve, () =>
        queue.run(async () => {
          await later();
          return { isRight: true };
        }),
      )
      .then(
        () => 'looked at',
        (error) => String(error.code),
      );
  return { queue, signIn, writes: () => writes };
};

const count = (outcomes: readonly string[], outcome: string) => outcomes.filter((each) => each === outcome).length;

describe('a flood of sign-ins', () => {
  it('B5: is refused at once beyond the places of the hash queue, and nothing is written for what is refused', async () => {
    const { queue, signIn, writes } = setUp();
    const outcomes = await Promise.all(Array.from({ length: 400 }, (_, index) => signIn(`${index}@example.com`)));
    expect([count(outcomes, 'looked at'), count(outcomes, 'SERVICE_UNAVAILABLE')]).toEqual([5, 395]);
    expect(writes()).toBe(2 * 5);
    expect(queue.load()).toEqual({ running: 0, waiting: 0, refused: 395 });
    expect(await signIn('late@example.com')).toBe('looked at');
  });

  it('B5: for one email takes no more places than that email has attempts, so that others still sign in', async () => {
    const { signIn } = setUp();
    const flood = Array.from({ length: 50 }, () => signIn('one@example.com'));
    await later();
    expect(await signIn('other@example.com')).toBe('looked at');
    expect(count(await Promise.all(flood), 'looked at')).toBe(50);
  });
});
