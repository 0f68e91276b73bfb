import { userId } from '@fieldgate/guard/core';
import { expect, it } from 'vitest';
import { changeUser, type User, type UserChange } from '../../../src/domain/user.ts';

const user: User = {
  id: userId('ada'),
  email: 'ada@example.com',
  name: 'Ada',
  role: 'USER',
  createdAt: 1,
  disabledAt: null,
  version: 7,
  sessionsFrom: 3,
};

it.each<[string, UserChange, Partial<User>]>([
  ['another role', { role: 'ADMIN' }, { role: 'ADMIN' }],
  ['disabling', { disabledAt: 5 }, { disabledAt: 5, sessionsFrom: 8 }],
  ['a new password', { passwordHash: 'hash' }, { sessionsFrom: 8 }],
  [
    'several changes at once',
    { role: 'ADMIN', disabledAt: 5, passwordHash: 'hash' },
    { role: 'ADMIN', disabledAt: 5, sessionsFrom: 8 },
  ],
])('%s raises the version by one, and what `User` shows changes with it', (_, change, shown) => {
  expect(changeUser(user, change)).toEqual({ ...user, ...shown, version: 8 });
});

it.each<[string, UserChange]>([
  ['nothing', {}],
  ['the role it has', { role: 'USER' }],
  ['enabling what is enabled', { disabledAt: null }],
])('%s is no change: the account and its version stay', (_, change) => {
  expect(changeUser(user, change)).toBe(user);
});

it('no account shows the hash of its password', () => {
  expect(changeUser(user, { passwordHash: 'hash' })).not.toHaveProperty('passwordHash');
});
