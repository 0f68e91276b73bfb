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

describe('email and password with every request', () => {
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

  it('are forgotten when the account changes', async () => {
    const { verify, change, hashed } = setUp();
    await verify();
    change({ role: 'ADMIN', version: 2 });
    expect((await verify())?.role).toBe('ADMIN');
    expect(hashed()).toBe(2);
  });

  it('are refused at once for an account that was switched off', async () => {
    const { verify, change } = setUp();
    await verify();
    change({ disabledAt: 1, version: 2 });
    expect(await verify()).toBeNull();
  });

  it('P14: are refused during a lock, also when they were right a moment ago', async () => {
    const { verify, lock } = setUp();
    await verify();
    lock();
    await expect(verify()).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED', details: { retryAfter: 9 } });
  });

  it('are never remembered when they were wrong: each guess costs a hash', async () => {
    const { verify, hashed } = setUp();
    for (let i = 0; i < 3; i += 1) expect(await verify('wrong')).toBeNull();
    expect(hashed()).toBe(3);
  });

  it('are told apart wherever the text is split between them', async () => {
    const { verify, hashed } = setUp();
    await verify('right', 'a');
    expect(await verify('aright', '')).toBeNull();
    expect(await verify('right', 'b')).not.toBeNull();
    expect(hashed()).toBe(3);
  });

  it('are an outage where nobody can tell, not a wrong password', async () => {
    await expect(setUp().verify('down')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
