import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { serverActor } from '../../../src/domain/event.ts';
import type { User } from '../../../src/domain/user.ts';
import { allOf } from '../../support/pages.ts';
import { accountServices, admin, browser, failure, goodPassword, minute, otherPassword } from './account-services.ts';

const { open } = accountServices();
type Services = ReturnType<typeof open>;

const signIn = ({ accounts }: Services, password = goodPassword, email = 'ada@example.com') =>
  accounts.authenticate(email, password, browser);

const failTimes = async (services: Services, times: number, email?: string) => {
  const codes: string[] = [];
  for (let i = 0; i < times; i += 1) codes.push(await failure(signIn(services, 'wrong', email)));
  return codes;
};

describe('creating an account', () => {
  it('a new account is enabled, has the lowest role and a normalised email, and its creation is recorded', async () => {
    const { accounts, last } = open();
    const input = { email: ' Ada@Example.COM', password: goodPassword, name: ' Ada ' };
    const user = await accounts.createAccount(input, serverActor);
    expect(user).toMatchObject({ email: 'ada@example.com', name: 'Ada', role: 'USER', disabledAt: null, version: 1 });
    expect(last()).toMatchObject({ type: 'user.signed_up', userId: user.id, metadata: { role: 'USER' } });
  });

  it('P16: an email that an account has in another spelling is taken', async () => {
    const { accounts, createAccount, types } = open();
    await createAccount();
    const again = { email: 'ADA@example.com.', password: goodPassword };
    expect(await failure(accounts.createAccount(again, serverActor))).toBe('EMAIL_TAKEN email');
    expect(types()).toEqual(['user.signed_up']);
  });

  it.each([
    ['an email that is not an address', { email: 'ada' }, 'email EMAIL_INVALID'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'name NAME_INVALID'],
    ['a name with a control character', { name: 'a\nb' }, 'name NAME_INVALID'],
    ['a password that the policy rejects', { password: 'short' }, 'password PASSWORD_TOO_SHORT'],
  ])('%s is rejected, and no account is created', async (_what, input, reason) => {
    const { accounts } = open();
    const valid = { email: 'ada@example.com', password: goodPassword };
    const outcome = await failure(accounts.createAccount({ ...valid, ...input }, serverActor));
    expect(outcome).toBe(`BAD_USER_INPUT ${reason}`);
    expect((await accounts.list({ first: 10 })).users).toEqual([]);
  });
});

describe('authenticating', () => {
  it('the right password authenticates, with the email in any spelling', async () => {
    const services = open();
    const user = await services.createAccount();
    expect(await signIn(services, goodPassword, ' ADA@example.com ')).toEqual(user);
  });

  it('P12: every way to fail is one error at the cost of one hash, and the reason is only recorded', async () => {
    const services = open();
    const { createAccount, createWithoutPassword, accounts, hashing, last } = services;
    await createAccount();
    await createWithoutPassword();
    const eve = await createAccount('eve@example.com');
    await accounts.disable(eve.id, admin);
    for (const [email, password, reason] of [
      ['nobody@example.com', goodPassword, 'EMAIL_UNKNOWN'],
      ['ada@example.com', 'wrong', 'PASSWORD_WRONG'],
      ['grace@example.com', goodPassword, 'PASSWORD_WRONG'],
      ['eve@example.com', goodPassword, 'ACCOUNT_DISABLED'],
    ] as const) {
      hashing.verified = 0;
      expect([await failure(signIn(services, password, email)), hashing.verified]).toEqual(['INVALID_CREDENTIALS', 1]);
      expect(last()).toMatchObject({ type: 'user.login_failed', actor: { kind: 'anonymous' }, reason });
    }
  });

  it('a hash with old parameters is replaced at the next sign-in, and the version stays', async () => {
    const services = open();
    const { id } = await services.createAccount();
    await services.accountStore.rehash(id, `new:${goodPassword}`, `old:${goodPassword}`);
    const user = await signIn(services);
    expect(user.version).toBe(1);
    expect((await services.accountStore.findHashById(id))?.passwordHash).toBe(`new:${goodPassword}`);
  });

  it('a sign-in that the hasher has no capacity for is refused, and does not count as an attempt', async () => {
    const services = open();
    await services.createAccount();
    services.hashing.hasCapacity = false;
    expect(new Set(await failTimes(services, 6))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    services.hashing.hasCapacity = true;
    await signIn(services);
  });
});

describe('five wrong passwords', () => {
  const lockedOut = async (email?: string) => {
    const services = open();
    const user = await services.createAccount();
    const codes = await failTimes(services, 5, email);
    return { ...services, services, user, codes };
  };

  it('P14: lock the email, also for the right password, and the fifth one says so in the event log', async () => {
    const { services, user, codes, accounts, types, last } = await lockedOut();
    expect(codes).toEqual(Array(5).fill('INVALID_CREDENTIALS'));
    expect(last()).toMatchObject({ type: 'user.locked', userId: user.id });
    expect(await accounts.isLocked(user)).toBe(true);
    expect(await failure(signIn(services))).toBe('ACCOUNT_LOCKED');
    expect(types().at(-1)).toBe('user.login_refused');
  });

  it('lock the email for 15 minutes from the fifth one, however often it is tried meanwhile, and without a hash', async () => {
    const { services, hashing, advance } = await lockedOut();
    hashing.verified = 0;
    advance(15 * minute - 1);
    expect(await failTimes(services, 3)).toEqual(Array(3).fill('ACCOUNT_LOCKED'));
    expect(hashing.verified).toBe(0);
    advance(1);
    await signIn(services);
  });

  it('lock an email without an account in the same way', async () => {
    const { services, codes, last } = await lockedOut('nobody@example.com');
    expect(codes).toEqual(Array(5).fill('INVALID_CREDENTIALS'));
    expect(last()).toMatchObject({ type: 'user.locked', userId: null });
    expect(await failTimes(services, 1, 'nobody@example.com')).toEqual(['ACCOUNT_LOCKED']);
    await signIn(services);
  });

  it('are forgotten when an administrator ends the lock, which is recorded once', async () => {
    const { services, user, accounts, types } = await lockedOut();
    await accounts.unlock(user.id, admin);
    await accounts.unlock(user.id, admin);
    expect(types().filter((type) => type === 'user.unlocked')).toHaveLength(1);
    expect(await failTimes(services, 4)).toEqual(Array(4).fill('INVALID_CREDENTIALS'));
    await signIn(services);
  });

  it('count only within 15 minutes, and only since the last right password', async () => {
    const services = open();
    await services.createAccount();
    await failTimes(services, 4);
    await signIn(services);
    expect(await failTimes(services, 4)).toEqual(Array(4).fill('INVALID_CREDENTIALS'));
    services.advance(15 * minute);
    expect(await failTimes(services, 4)).toEqual(Array(4).fill('INVALID_CREDENTIALS'));
    await signIn(services);
  });

  it('P15: are all that is checked of 20 simultaneous guesses', async () => {
    const services = open();
    await services.createAccount();
    const guesses = await Promise.all(Array.from({ length: 20 }, () => failure(signIn(services, 'wrong'))));
    expect(guesses.toSorted()).toEqual([...Array(15).fill('ACCOUNT_LOCKED'), ...Array(5).fill('INVALID_CREDENTIALS')]);
    expect(services.hashing.verified).toBe(5);
  });

  it('do not include a check that failed by itself', async () => {
    const services = open();
    await services.createAccount();
    services.hashing.during = () => Promise.reject(new AppError('SERVICE_UNAVAILABLE'));
    expect(new Set(await failTimes(services, 6))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    services.hashing.during = async () => {};
    await signIn(services);
  });
});

describe('changing the password', () => {
  const change = { currentPassword: goodPassword, newPassword: otherPassword };

  it('R15: raises the version, notifies the sessions, and only the new password authenticates', async () => {
    const services = open();
    const { accounts, createAccount, notified, last } = services;
    const user = await createAccount();
    const changed = await accounts.changePassword(user.id, change, browser);
    expect(changed.user).toEqual({ ...user, version: 2, sessionsFrom: 2 });
    expect(notified).toEqual([changed.user]);
    expect(last()).toMatchObject({ type: 'password.changed', actor: { kind: 'account', id: user.id } });
    expect(await failure(signIn(services))).toBe('INVALID_CREDENTIALS');
    expect(await signIn(services, otherPassword)).toEqual(changed.user);
  });

  it('P09: needs the current password, and a wrong one counts toward the lock', async () => {
    const services = open();
    const { accounts, createAccount, last } = services;
    const { id } = await createAccount();
    const wrong = { ...change, currentPassword: 'wrong' };
    for (let i = 0; i < 5; i += 1) {
      expect(await failure(accounts.changePassword(id, wrong, browser))).toBe('INVALID_CREDENTIALS currentPassword');
    }
    expect(last()?.type).toBe('user.locked');
    expect(await failure(accounts.changePassword(id, change, browser))).toBe('ACCOUNT_LOCKED');
    expect(await failure(signIn(services))).toBe('ACCOUNT_LOCKED');
  });

  it('P07: rejects a new password that the policy rejects, and the old one stays', async () => {
    const services = open();
    const { id } = await services.createAccount();
    const outcome = await failure(services.accounts.changePassword(id, { ...change, newPassword: 'short' }, browser));
    expect(outcome).toBe('BAD_USER_INPUT newPassword PASSWORD_TOO_SHORT');
    expect((await signIn(services)).version).toBe(1);
  });

  it('of simultaneous changes from one password one takes effect', async () => {
    const { accounts, createAccount } = open();
    const { id } = await createAccount();
    const outcomes = await Promise.all(
      Array.from({ length: 3 }, (_, i) =>
        failure(accounts.changePassword(id, { ...change, newPassword: `${otherPassword} ${i}` }, browser)),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CREDENTIALS currentPassword')).toHaveLength(2);
    expect((await accounts.find(id))?.version).toBe(2);
  });

  it('is not possible without a password', async () => {
    const { accounts, createWithoutPassword } = open();
    const user = await createWithoutPassword();
    if (user === 'taken') throw new Error('The email is taken.');
    const outcome = await failure(accounts.changePassword(user.id, change, browser));
    expect(outcome).toBe('INVALID_CREDENTIALS currentPassword');
  });
});

describe('administering accounts', () => {
  it('R18: another role raises the version, notifies the sessions, and the event says from what to what', async () => {
    const { accounts, createAccount, notified, last } = open();
    const user = await createAccount();
    const changed = await accounts.setRole(user.id, 'MODERATOR', admin);
    expect(changed).toEqual({ ...user, role: 'MODERATOR', version: 2 });
    expect(notified).toEqual([changed]);
    expect(last()).toMatchObject({ type: 'role.changed', metadata: { from: 'USER', to: 'MODERATOR' } });
  });

  it.each<[string, (services: Services, user: User) => Promise<User>]>([
    ['the role it has', ({ accounts }, { id, role }) => accounts.setRole(id, role, admin)],
    ['enabling what is enabled', ({ accounts }, { id }) => accounts.enable(id, admin)],
  ])('%s changes and records nothing, and notifies the sessions again', async (_what, change) => {
    const services = open();
    const user = await services.createAccount();
    expect(await change(services, user)).toEqual(user);
    expect([services.notified, services.types()]).toEqual([[user], ['user.signed_up']]);
  });

  it('R16: disabling raises the version and ends every session, and keeps the time of the first disabling', async () => {
    const services = open();
    const { accounts, sessions, createAccount, login, advance, types } = services;
    const user = await createAccount();
    await login();
    const disabled = await accounts.disable(user.id, admin);
    expect(disabled).toMatchObject({ disabledAt: Date.UTC(2026, 0, 1), version: 2 });
    expect(await allOf(sessions, user.id)).toEqual([]);
    advance(minute);
    expect(await accounts.disable(user.id, admin)).toEqual(disabled);
    expect(types().filter((type) => type === 'user.disabled')).toHaveLength(1);
  });

  it('R16: enabling lets the owner sign in again, and brings no session back', async () => {
    const services = open();
    const { accounts, sessions, createAccount, login, request } = services;
    const { id } = await createAccount();
    const before = await login();
    await accounts.disable(id, admin);
    expect(await accounts.enable(id, admin)).toMatchObject({ disabledAt: null, version: 3 });
    expect(await request(before)).toBe('TOKEN_REVOKED');
    expect(await allOf(sessions, id)).toEqual([]);
    await login();
  });

  it('a change whose notification fails is kept and recorded, and repeating it notifies', async () => {
    const { accounts, createAccount, notifications, notified, types } = open();
    const { id } = await createAccount();
    notifications.fail = true;
    expect(await failure(accounts.setRole(id, 'ADMIN', admin))).toBe('SERVICE_UNAVAILABLE');
    expect([(await accounts.find(id))?.role, types().at(-1)]).toEqual(['ADMIN', 'role.changed']);
    notifications.fail = false;
    const changed = await accounts.setRole(id, 'ADMIN', admin);
    expect(notified).toEqual([changed]);
  });

  it('administrators change neither the role nor the state of their own account', async () => {
    const { accounts, createAccount } = open();
    const { id } = await createAccount();
    const own = { ...admin, id };
    expect(await failure(accounts.setRole(id, 'ADMIN', own))).toBe('BAD_USER_INPUT userId OWN_ACCOUNT');
    expect(await failure(accounts.disable(id, own))).toBe('BAD_USER_INPUT userId OWN_ACCOUNT');
    expect((await accounts.find(id))?.version).toBe(1);
  });

  it.each([randomUUID(), 'ada', ''])('an account that does not exist (%j) is NOT_FOUND', async (id) => {
    const { accounts, types } = open();
    const outcomes = [
      ...[accounts.setRole(id, 'ADMIN', admin), accounts.disable(id, admin)],
      ...[accounts.enable(id, admin), accounts.unlock(id, admin)],
    ];
    expect(await Promise.all(outcomes.map(failure))).toEqual(Array(4).fill('NOT_FOUND'));
    expect([await accounts.find(id), types()]).toEqual([null, []]);
  });

  it.each([0, -1, 101])('a page of %d accounts is rejected', (first) => {
    const { accounts } = open();
    expect(() => accounts.list({ first })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});
