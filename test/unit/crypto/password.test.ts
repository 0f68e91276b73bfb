import { hash as argon2Hash } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { createBoundedQueue } from '../../../src/crypto/bounded-queue.ts';
import { createPasswordHasher } from '../../../src/crypto/password.ts';

const weak = { memoryKiB: 8, passes: 1, lanes: 1 };
const fast = createPasswordHasher({ parameters: weak, weakForTests: true });
const matches = async (stored: string, given: string) => (await fast.verify(await fast.hash(stored), given)).match;

describe('a password hash', () => {
  it('P10: is a PHC string of argon2id with 19 MiB, 2 passes, 1 lane and a salt of 16 bytes', async () => {
    const hasher = createPasswordHasher();
    const hash = await hasher.hash('correct horse battery');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await hasher.verify(hash, 'correct horse battery')).toEqual({ match: true, needsRehash: false });
    expect(await hasher.verify(hash, 'correct horse batterz')).toEqual({ match: false, needsRehash: false });
  });

  it('P10: of the same password differs each time', async () => {
    expect(await fast.hash('same')).not.toBe(await fast.hash('same'));
  });

  it('P10: with parameters below the OWASP minimum is refused at creation, unless weakForTests is set', () => {
    const tooWeak = [weak, { memoryKiB: 19_455, passes: 2, lanes: 1 }, { memoryKiB: 47_103, passes: 1, lanes: 1 }];
    const nonsense = [
      { memoryKiB: 65_536, passes: 0, lanes: 1 },
      { memoryKiB: 65_536, passes: 3, lanes: 0 },
    ];
    for (const parameters of [...tooWeak, ...nonsense])
      expect(() => createPasswordHasher({ parameters })).toThrow(RangeError);
    for (const [passes, memoryKiB] of [
      [1, 47_104],
      [2, 19_456],
      [3, 12_288],
      [4, 9216],
      [5, 7168],
      [9, 7168],
    ] as const) {
      createPasswordHasher({ parameters: { memoryKiB, passes, lanes: 1 } });
    }
  });

  it('P05: is of NFC: é as one character and as two is the same password', async () => {
    expect(await matches('caf\u00e9 au lait', 'cafe\u0301 au lait')).toBe(true);
  });

  it('P06: is of the whole password: nothing after byte 72 or a NUL is cut off, case and spaces count', async () => {
    const long = 'x'.repeat(80);
    const pairs = [
      [`${long}a`, `${long}b`],
      ['one\0two', 'one\0six'],
      ['one\0', 'one'],
      ['Word', 'word'],
      ['word ', 'word'],
    ] as const;
    for (const [stored, given] of pairs) {
      expect(await matches(stored, given)).toBe(false);
      expect(await matches(stored, stored)).toBe(true);
    }
  });

  it('P11: with other parameters still verifies, and needs a rehash', async () => {
    const others = [
      { memoryCost: 16 },
      { timeCost: 2 },
      { parallelism: 2, memoryCost: 16 },
      { algorithm: 1 },
      { version: 0 },
    ];
    for (const other of others) {
      const old = await argon2Hash('a password', { memoryCost: 8, timeCost: 1, parallelism: 1, ...other });
      expect(await fast.verify(old, 'a password')).toEqual({ match: true, needsRehash: true });
      expect(await fast.verify(old, 'another')).toEqual({ match: false, needsRehash: false });
    }
    expect(await fast.verify(await fast.hash('a password'), 'a password')).toEqual({ match: true, needsRehash: false });
  });

  it('that is malformed matches nothing and does not throw', async () => {
    const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
    for (const stored of ['', 'x', bcrypt, '$argon2id$', '$argon2id$v=19$m=8,t=1,p=1$AAAA', '\0']) {
      expect(await fast.verify(stored, 'password')).toEqual({ match: false, needsRehash: false });
    }
  });

  it('P12: that stands in for a missing account never matches and costs what a real one costs', async () => {
    const hasher = createPasswordHasher();
    const real = await hasher.hash('a password');
    const timeOf = async (task: () => Promise<unknown>) => {
      const start = performance.now();
      await task();
      return performance.now() - start;
    };
    // The fastest of each: whatever else the machine does only adds to the others.
    const fastest = (times: number[]) => Math.min(...times);
    const times = { real: [] as number[], dummy: [] as number[] };
    for (let i = 0; i < 5; i++) {
      times.real.push(await timeOf(() => hasher.verify(real, 'wrong')));
      times.dummy.push(await timeOf(() => hasher.verifyDummy('wrong')));
    }
    expect(await hasher.verifyDummy('wrong')).toEqual({ match: false, needsRehash: false });
    expect(fastest(times.dummy) / fastest(times.real)).toBeGreaterThan(0.5);
    expect(fastest(times.dummy) / fastest(times.real)).toBeLessThan(2);
  });
});

describe('the queue of password hashes', () => {
  it('F19: refuses a task beyond its bound at once, with SERVICE_UNAVAILABLE and retryAfter', async () => {
    const hasher = createPasswordHasher({ concurrency: 2, maxQueue: 3 });
    const refused: unknown[] = [];
    const calls = Array.from({ length: 400 }, () =>
      hasher.verifyDummy('password').catch((error: unknown) => refused.push(error)),
    );
    await new Promise(setImmediate);
    expect(refused).toHaveLength(395);
    expect(refused[0]).toMatchObject({ code: 'SERVICE_UNAVAILABLE', details: { retryAfter: 1 } });
    // B5: nothing to write out for each of them.
    expect(refused[0]).toMatchObject({ stack: String(refused[0]) });
    await Promise.all(calls);
    expect(hasher.load()).toEqual({ running: 0, waiting: 0, refused: 395 });
  });

  it('runs no more tasks than its bound at once, in order, and continues after a failure', async () => {
    const { run } = createBoundedQueue({ concurrency: 2, maxQueue: 10, retryAfterSeconds: 1 });
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const tasks = Array.from({ length: 12 }, (_, i) =>
      run(async () => {
        started.push(i);
        running++;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (i % 3 === 0) throw new Error('failed');
        return i;
      }),
    );
    const settled = await Promise.allSettled(tasks);
    expect(settled.map(({ status }) => status === 'rejected')).toEqual(
      Array.from({ length: 12 }, (_, i) => i % 3 === 0),
    );
    expect(started).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(most).toBe(2);
    expect(await run(async () => 'free again')).toBe('free again');
  });

  it('gives a free place to the first in the queue, never to a newcomer', async () => {
    const { run } = createBoundedQueue({ concurrency: 1, maxQueue: 10, retryAfterSeconds: 1 });
    let running = 0;
    let most = 0;
    const task = async () => {
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    const early = [run(task), run(task), run(task)];
    await Promise.race(early);
    await Promise.all([...early, run(task), run(task)]);
    expect(most).toBe(1);
  });
});
