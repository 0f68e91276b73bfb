import { randomUUID } from 'node:crypto';
import { apiKeyId, type UserId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tokenDigest } from '../../src/domain/ids.ts';
import { byCreation } from '../../src/domain/page.ts';
import type { AccountStore } from '../../src/stores/ports/account-store.ts';
import type { ApiKeyStore, NewApiKey } from '../../src/stores/ports/api-key-store.ts';
import { allOf, listAll } from '../support/pages.ts';
import { keyRetentionMs } from '../support/sql-stores.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type ApiKeyStoreHarness = Harness<
  TwoInstances<ApiKeyStore> & {
    readonly accounts: AccountStore;
    readonly removeAccount: (id: UserId) => Promise<void>;
  }
>;

export const apiKeyStoreSuite = (harness: ApiKeyStoreHarness): void => {
  let open: Awaited<ReturnType<ApiKeyStoreHarness['open']>>;
  let owner: UserId;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    open = await harness.open();
    owner = await createOwner();
  });

  const createOwner = async (): Promise<UserId> => {
    const id = userId(randomUUID());
    const account = { id, email: `${id}@example.com`, name: 'Ada', passwordHash: 'hash' } as const;
    await open.accounts.create({ ...account, role: 'USER', createdAt: 1_000 });
    return id;
  };

  const mostLive = 3;
  const create = (key: NewApiKey, store = open.store) => store.create(key, mostLive);

  const newKey = (given: Partial<NewApiKey> = {}): NewApiKey => ({
    id: apiKeyId(randomUUID()),
    userId: owner,
    name: 'nightly report',
    scopes: ['account:read', '*:list'],
    digest: tokenDigest('digest'),
    createdAt: 2_000,
    expiresAt: 9_000,
    ...given,
  });

  test('a key is found with its digest and its owner on every instance', async () => {
    const { digest, ...rest } = newKey();
    const key = { ...rest, revokedAt: null, lastUsedAt: null };
    expect(await create({ digest, ...rest })).toEqual(key);
    expect(await open.other.find(key.id)).toEqual({ key, digest, owner: { role: 'USER', disabled: false } });
  });

  test('a key without scopes has none', async () => {
    const key = newKey({ scopes: [] });
    await create(key);
    expect((await open.store.find(key.id))?.key.scopes).toEqual([]);
  });

  test('an unknown account has no keys and cannot create one', async () => {
    expect(await open.store.find(apiKeyId(randomUUID()))).toBeNull();
    expect(await create(newKey({ userId: userId(randomUUID()) }))).toBeNull();
    expect(await allOf(open.store, userId(randomUUID()))).toEqual([]);
  });

  test('an account has a maximum of live keys, and revoked or expired ones make room', async () => {
    const [expiring, revoked] = [newKey({ expiresAt: 5_000 }), newKey()];
    for (const key of [expiring, revoked, newKey()]) expect(await create(key)).toMatchObject({ id: key.id });
    expect(await create(newKey({ createdAt: 4_999 }))).toBe('full');
    expect(await create(newKey({ userId: await createOwner() }))).toMatchObject({ name: 'nightly report' });
    expect(await create(newKey({ createdAt: 5_000 }))).toMatchObject({ createdAt: 5_000 });
    expect(await create(newKey({ createdAt: 5_000 }))).toBe('full');
    await open.store.revoke(owner, revoked.id, 5_001);
    expect(await create(newKey({ createdAt: 5_001 }))).toMatchObject({ createdAt: 5_001 });
  });

  test('simultaneous creations do not exceed the maximum', async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => create(newKey(), index % 2 === 0 ? open.store : open.other)),
    );
    expect(made.filter((key) => key !== 'full')).toHaveLength(mostLive);
    expect(await allOf(open.store, owner)).toHaveLength(mostLive);
  });

  test("K04: a key is found with the owner's current role and state on every instance", async () => {
    const key = newKey();
    await create(key);
    await open.accounts.change(owner, () => ({ role: 'MODERATOR' }));
    expect((await open.other.find(key.id))?.owner).toEqual({ role: 'MODERATOR', disabled: false });
    await open.accounts.change(owner, () => ({ disabledAt: 3_000 }));
    expect((await open.other.find(key.id))?.owner).toEqual({ role: 'MODERATOR', disabled: true });
  });

  test('a list has all keys of one account, newest first, expired and revoked ones too', async () => {
    const [first, second, third] = [newKey(), newKey({ createdAt: 3_000, expiresAt: 3_001 }), newKey()];
    for (const key of [first, second, third]) await create(key);
    await create(newKey({ userId: await createOwner() }));
    await open.store.revoke(owner, first.id, 4_000);
    const ids = [first.id, third.id].sort().reverse();
    expect((await allOf(open.other, owner)).map(({ id }) => id)).toEqual([second.id, ...ids]);
  });

  test('a list is read page by page, and stays right when keys are added meanwhile', async () => {
    const keys = Array.from({ length: 5 }, (_, at) => newKey({ createdAt: 2_000 + (at >> 1) }));
    for (const key of keys) await open.store.create(key, 10);
    const whole = (await allOf(open.store, owner)).map(({ id }) => id);
    for (const first of [1, 2, 4]) {
      expect((await listAll((page) => open.other.list(owner, page), first)).map(({ id }) => id)).toEqual(whole);
    }
    const { items, hasNextPage } = await open.store.list(owner, { first: 2, after: null });
    await open.store.create(newKey({ createdAt: 9_000, expiresAt: 10_000 }), 10);
    const last = items.at(-1);
    const next = await open.store.list(owner, { first: 3, after: last ? byCreation(last) : null });
    expect([hasNextPage, next.items.map(({ id }) => id), next.hasNextPage]).toEqual([true, whole.slice(2), false]);
  });

  test('keys are removed when their end, by expiry or revocation, is longer ago than they are kept', async () => {
    const [expired, revoked, live] = [newKey(), newKey({ expiresAt: 9_000_000 }), newKey({ expiresAt: 9_000_000 })];
    for (const key of [expired, revoked, live]) await create(key);
    await open.store.revoke(owner, revoked.id, 5_000);
    const idsLeft = async () => (await allOf(open.store, owner)).map(({ id }) => id).sort();
    expect(await open.store.purgeExpired(10, 5_000 + keyRetentionMs - 1)).toBe(0);
    expect(await open.store.purgeExpired(10, 5_000 + keyRetentionMs)).toBe(1);
    expect(await idsLeft()).toEqual([expired.id, live.id].sort());
    expect(await open.store.purgeExpired(10, 9_000 + keyRetentionMs)).toBe(1);
    expect(await idsLeft()).toEqual([live.id]);
  });

  test('a purge removes at most as many as it may, of keys ended either way', async () => {
    const keys = Array.from({ length: 6 }, () => newKey());
    for (const key of keys) await open.store.create(key, 10);
    for (const key of keys.slice(0, 3)) await open.store.revoke(owner, key.id, 3_000);
    const removed: number[] = [];
    for (let count = 0; count < 4; count += 1) removed.push(await open.other.purgeExpired(2, 9_000 + keyRetentionMs));
    expect(removed).toEqual([2, 2, 2, 0]);
    expect(await allOf(open.store, owner)).toEqual([]);
  });

  test('K04: a revocation is final and keeps the time of the first one', async () => {
    const key = newKey();
    await create(key);
    expect((await open.store.revoke(owner, key.id, 5_000))?.revokedAt).toBe(5_000);
    expect((await open.other.revoke(owner, key.id, 6_000))?.revokedAt).toBe(5_000);
    expect((await open.other.find(key.id))?.key.revokedAt).toBe(5_000);
  });

  test("Z08: another account's key cannot be revoked", async () => {
    const key = newKey();
    await create(key);
    expect(await open.store.revoke(await createOwner(), key.id, 5_000)).toBeNull();
    expect((await open.store.find(key.id))?.key.revokedAt).toBeNull();
  });

  test('K08: one of several simultaneous uses in one minute is recorded', async () => {
    const key = newKey();
    await create(key);
    const uses = (at: number) =>
      Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 === 0 ? open.store : open.other).recordUse(key.id, at, at - 60_000),
        ),
      );
    expect((await uses(100_000)).filter(Boolean)).toHaveLength(1);
    expect((await uses(159_999)).filter(Boolean)).toHaveLength(0);
    expect((await open.store.find(key.id))?.key.lastUsedAt).toBe(100_000);
    expect((await uses(160_000)).filter(Boolean)).toHaveLength(1);
    expect((await open.store.find(key.id))?.key.lastUsedAt).toBe(160_000);
  });

  test('deleting an account deletes its keys', async () => {
    const key = newKey();
    await create(key);
    await open.removeAccount(owner);
    expect(await open.store.find(key.id)).toBeNull();
  });
};
