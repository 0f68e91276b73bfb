import { randomUUID } from 'node:crypto';
import { type UserId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { identityId } from '../../src/domain/ids.ts';
import type { AccountStore, NewAccount } from '../../src/stores/ports/account-store.ts';
import type { IdentityStore, NewIdentity } from '../../src/stores/ports/identity-store.ts';
import { allOf } from '../support/pages.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type IdentityStoreHarness = Harness<
  TwoInstances<IdentityStore> & {
    readonly accounts: AccountStore;
    readonly removeAccount: (id: UserId) => Promise<void>;
  }
>;

export const identityStoreSuite = (harness: IdentityStoreHarness): void => {
  let open: Awaited<ReturnType<IdentityStoreHarness['open']>>;
  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    open = await harness.open();
  });

  const account = (more: Partial<NewAccount> = {}): NewAccount => {
    const id = userId(randomUUID());
    const fixed = { name: 'Ada', role: 'USER', passwordHash: null, createdAt: 1_000 } as const;
    return { id, email: `${id}@example.com`, ...fixed, ...more };
  };
  const identity = (more: Partial<NewIdentity> = {}): NewIdentity => ({
    ...{ id: identityId(randomUUID()), userId: userId(randomUUID()), issuer: 'https://id.example.com' },
    ...{ subject: randomUUID(), provider: 'acme', email: 'ada@example.com', createdAt: 2_000, ...more },
  });
  const newOwner = async (passwordHash: string | null = null): Promise<UserId> => {
    const user = await open.accounts.create(account({ passwordHash }));
    if (user === 'taken') throw new Error('A random email is taken.');
    return user.id;
  };
  const linked = async (owner: UserId, more: Partial<NewIdentity> = {}) => {
    const found = await open.store.link(identity({ userId: owner, ...more }));
    if (found === 'taken' || found === 'superseded') throw new Error('A random subject is taken.');
    return found;
  };
  /** Through both instances, in turn. */
  const atOnce = <T>(count: number, call: (store: IdentityStore, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => call(index % 2 === 0 ? open.store : open.other, index)));

  test('an account that is created with an identity has no password and is found by the identity', async () => {
    const given = account({ email: 'grace@example.com' });
    const { userId: _, ...first } = identity();
    const user = await open.store.createAccount(given, first);
    expect(user).toMatchObject({ id: given.id, email: 'grace@example.com', role: 'USER', version: 1 });
    expect(await open.accounts.findByEmail('grace@example.com')).toEqual({ user, passwordHash: null });
    expect(await allOf(open.other, given.id)).toEqual([
      {
        id: first.id,
        userId: given.id,
        provider: 'acme',
        email: 'ada@example.com',
        createdAt: 2_000,
        lastUsedAt: 2_000,
      },
    ]);
    expect(await open.other.recordUse(first, 3_000)).toBe(given.id);
    expect((await allOf(open.store, given.id))[0]?.lastUsedAt).toBe(3_000);
  });

  test('O05: an identity is found by its exact issuer and subject', async () => {
    const { id, ...given } = identity({ subject: 'Ada', userId: await newOwner() });
    await open.store.link({ id, ...given });
    expect(await open.store.recordUse({ ...given, issuer: 'https://other.example.com' }, 3_000)).toBeNull();
    expect(await open.store.recordUse({ ...given, subject: 'ada' }, 3_000)).toBeNull();
    expect(await open.store.recordUse(given, 3_000)).toBe(given.userId);
    const elsewhere = identity({ subject: 'Ada', issuer: 'https://other.example.com', userId: await newOwner() });
    expect(await open.store.link(elsewhere)).toMatchObject({ id: elsewhere.id });
  });

  test('where the email or the identity is taken, neither account nor identity is created', async () => {
    const taken = account({ email: 'taken@example.com' });
    await open.accounts.create(taken);
    const first = identity();
    expect(await open.store.createAccount(account({ email: 'taken@example.com' }), first)).toBe('email-taken');
    expect(await open.store.recordUse(first, 3_000)).toBeNull();
    await open.store.createAccount(account(), first);
    const second = account({ email: 'second@example.com' });
    expect(await open.store.createAccount(second, { ...first, id: identityId(randomUUID()) })).toBe('identity-taken');
    expect(await open.accounts.findByEmail('second@example.com')).toBeNull();
    expect(await open.accounts.findById(second.id)).toBeNull();
  });

  test('simultaneous first sign-ins by one identity create one account, whatever the emails', async () => {
    const first = identity();
    const outcomes = await atOnce(10, (store, index) =>
      store.createAccount(account({ email: `many${index % 3}@example.com` }), {
        ...first,
        id: identityId(randomUUID()),
      }),
    );
    expect(outcomes.filter((outcome) => typeof outcome !== 'string')).toHaveLength(1);
    expect((await open.accounts.list({ first: 10 })).users).toHaveLength(1);
  });

  test('an identity is linked to one account, also under simultaneous calls', async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, () => newOwner()));
    const given = identity();
    const outcomes = await atOnce(6, (store, index) =>
      store.link({ ...given, id: identityId(randomUUID()), userId: owners[index] ?? given.userId }),
    );
    expect(outcomes.filter((outcome) => outcome !== 'taken')).toHaveLength(1);
    const lists = await Promise.all(owners.map((owner) => allOf(open.store, owner)));
    expect(lists.flat()).toHaveLength(1);
  });

  test('linking again changes the shown email alone', async () => {
    const owner = await newOwner();
    const first = identity({ userId: owner });
    const { issuer: _issuer, subject: _subject, ...shown } = first;
    expect(await open.store.link(first)).toEqual({ ...shown, lastUsedAt: null });
    const again = { ...first, id: identityId(randomUUID()), email: null, createdAt: 9_000 };
    expect(await open.other.link(again)).toEqual({ ...shown, email: null, lastUsedAt: null });
  });

  test('a list has the identities of one account, oldest first', async () => {
    const owner = await newOwner();
    const [second, first] = [await linked(owner, { createdAt: 5_000 }), await linked(owner, { createdAt: 4_000 })];
    await linked(await newOwner());
    expect((await allOf(open.other, owner)).map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  test('the last way to sign in cannot be unlinked, and others can', async () => {
    const owner = await newOwner();
    const [first, second] = [await linked(owner), await linked(owner)];
    expect(await open.store.unlink(owner, first.id)).toEqual(first);
    expect(await open.other.unlink(owner, second.id)).toBe('last-way-in');
    expect(await open.store.unlink(owner, first.id)).toBeNull();
    const withPassword = await newOwner('hash');
    const only = await linked(withPassword);
    expect(await open.store.unlink(withPassword, only.id)).toEqual(only);
    expect(await allOf(open.store, withPassword)).toEqual([]);
  });

  test('simultaneous calls that unlink everything leave one way to sign in', async () => {
    for (let round = 0; round < 5; round += 1) {
      const owner = await newOwner();
      const all = [await linked(owner), await linked(owner), await linked(owner), await linked(owner)];
      const outcomes = await atOnce(4, (store, index) => store.unlink(owner, all[index]?.id ?? identityId('')));
      expect(outcomes.filter((outcome) => outcome === 'last-way-in')).toHaveLength(1);
      expect(await allOf(open.store, owner)).toHaveLength(1);
    }
  });

  test("Z08: another account's identity cannot be unlinked", async () => {
    const owner = await newOwner('hash');
    const { id } = await linked(owner);
    expect(await open.store.unlink(await newOwner('hash'), id)).toBeNull();
    expect(await allOf(open.store, owner)).toHaveLength(1);
  });

  test('deleting an account deletes its identities', async () => {
    const owner = await newOwner();
    const given = identity({ userId: owner });
    await open.store.link(given);
    await open.removeAccount(owner);
    expect(await open.store.recordUse(given, 3_000)).toBeNull();
  });
};
