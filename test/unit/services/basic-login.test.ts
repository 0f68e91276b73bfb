import { userId } from '@fieldgate/guard';
import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import { createKeyedDigest } from '../../../src/crypto/keyed-digest.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { User } from '../../../src/domain/user.ts';
import { createBasicLogin } from '../../../src/services/basic-login.ts';

const setUp = () => {
  let user: User = {
    ...{ id: userId('ada'), email: 'ada@example.com', name: 'Ada', role: 'USER', createdAt: 0 },
    ...{ disabledAt: null, version: 1, sessionsFrom: 0 },
  };
  let now = 1_000_000;
  let hashed = 0;
  let locked = false;
  const login = createBasicLogin({
    accounts: {
      authenticate: async (_email, password) => {
        hashed += 1;
        await new Promise((resume) => setTimeout(resume, 5));
        if (locked) throw new AppError('ACCOUNT_LOCKED', { retryAfter: 9 });
        if (password === 'down') throw new AppError('SERVICE_UNAVAILABLE');
        if (password !== 'right' || user.disabledAt !== null) throw new AppError('INVALID_CREDENTIALS');
        return user;
      },
      find: async () => user,
      isLocked: async () => locked,
    },
    cache: new LRUCache({ max: 100 }),
    digest: createKeyedDigest(),
    clock: () => now,
    consume: async () => null,
    record: () => {},
  });
  return {
    verify: (password = 'right', email = 'ada@example.com') => login.verify(email, password),
    change: (change: Partial<User>) => {
      user = { ...user, ...change };
    },
    advance: (ms: number) => {
      now += ms;
    },
    lock: () => {
      locked = true;
    },
    hashed: () => hashed,
  };
};

describe('email and password with every request (HTTP Basic)', () => {
  it('P23: are hashed once a minute', async () => {
    const { verify, advance, hashed } = setUp();
    for (let i = 0; i < 5; i += 1) expect(await verify()).toEqual({ userId: 'ada', role: 'USER', scopes: ['*'] });
    advance(59_999);
    await verify();
    expect(hashed()).toBe(1);
    advance(1);
    await verify();
    expect(hashed()).toBe(2);
  });

  it('are hashed once by simultaneous requests', async () => {
    const { verify, hashed } = setUp();
    await Promise.all(Array.from({ length: 50 }, () => verify()));
    expect(hashed()).toBe(1);
  });

  it('are verified again when the account has changed', async () => {
    const { verify, change, hashed } = setUp();
    await verify();
    change({ role: 'ADMIN', version: 2 });
    expect((await verify())?.role).toBe('ADMIN');
    expect(hashed()).toBe(2);
  });

  it('are rejected at once for an account that was disabled', async () => {
    const { verify, change } = setUp();
    await verify();
    change({ disabledAt: 1, version: 2 });
    expect(await verify()).toBeNull();
  });

  it('P14: are rejected during a lock, also if they were right a moment ago', async () => {
    const { verify, lock } = setUp();
    await verify();
    lock();
    await expect(verify()).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED', details: { retryAfter: 9 } });
  });

  it('are never cached when they are wrong: each guess costs a hash', async () => {
    const { verify, hashed } = setUp();
    for (let i = 0; i < 3; i += 1) expect(await verify('wrong')).toBeNull();
    expect(hashed()).toBe(3);
  });

  it('differ wherever the same text is split between the two', async () => {
    const { verify, hashed } = setUp();
    await verify('right', 'a');
    expect(await verify('aright', '')).toBeNull();
    expect(await verify('right', 'b')).not.toBeNull();
    expect(hashed()).toBe(3);
  });

  it('are answered with SERVICE_UNAVAILABLE, not with a wrong password, where they cannot be verified', async () => {
    await expect(setUp().verify('down')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
