import { randomUUID } from 'node:crypto';
import { clientId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tokenDigest } from '../../src/domain/ids.ts';
import type { NewServiceClient, ServiceClientStore } from '../../src/stores/ports/service-client-store.ts';
import { listAll } from '../support/pages.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type ServiceClientStoreHarness = Harness<TwoInstances<ServiceClientStore>>;

const digest = () => tokenDigest(randomUUID());
const unknown = clientId(randomUUID());

export const serviceClientStoreSuite = (harness: ServiceClientStoreHarness): void => {
  let store: ServiceClientStore;
  let other: ServiceClientStore;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const given = (more: Partial<NewServiceClient> = {}): NewServiceClient => ({
    ...{ id: clientId(randomUUID()), name: 'Счета 🦉', scopes: ['orders:read', 'orders:write'] },
    ...{ createdAt: 1_000, secretDigest: digest(), ...more },
  });
  const create = (more: Partial<NewServiceClient> = {}) => store.create(given(more));

  test('a client is found as it was created, and returned without its digest', async () => {
    const { secretDigest, ...client } = given();
    const made = await store.create({ ...client, secretDigest });
    expect(made).toEqual({ ...client, disabledAt: null, previousSecretExpiresAt: null });
    expect(await other.find(client.id)).toEqual({
      client: made,
      secretDigest,
      previousDigest: null,
      secretWasUsed: false,
    });
    expect(await store.find(unknown)).toBeNull();
  });

  test('a client without scopes has none', async () => {
    const { id } = await create({ scopes: [] });
    expect((await store.find(id))?.client.scopes).toEqual([]);
  });

  test('clients are listed oldest first', async () => {
    const ids = [await create({ createdAt: 3 }), await create({ createdAt: 1 }), await create({ createdAt: 2 })].map(
      ({ id }) => id,
    );
    expect((await listAll(other.list)).map(({ id }) => id)).toEqual([ids[1], ids[2], ids[0]]);
  });

  test('a rotation keeps the current secret as the previous one and drops the one before', async () => {
    const [first, second, third] = [digest(), digest(), digest()];
    const { id } = await create({ secretDigest: first });
    expect(await store.rotateSecret(id, { secretDigest: second, at: 1_000, previousExpiresAt: 5_000 })).toMatchObject({
      previousSecretExpiresAt: 5_000,
    });
    expect(await store.find(id)).toMatchObject({ secretDigest: second, previousDigest: first });
    await other.recordSecretUse(id, second, 1_500);
    await other.rotateSecret(id, { secretDigest: third, at: 2_000, previousExpiresAt: 6_000 });
    expect(await store.find(id)).toMatchObject({
      ...{ secretDigest: third, previousDigest: second },
      client: { previousSecretExpiresAt: 6_000 },
    });
  });

  test('a present secret that was never used is replaced, and the previous one that may be in use stays', async () => {
    const [first, second, third, fourth] = [digest(), digest(), digest(), digest()];
    const { id } = await create({ secretDigest: first });
    await store.rotateSecret(id, { secretDigest: second, at: 1_000, previousExpiresAt: 5_000 });
    await other.recordSecretUse(id, first, 1_500);
    await store.rotateSecret(id, { secretDigest: third, at: 2_000, previousExpiresAt: 6_000 });
    expect(await store.find(id)).toMatchObject({ secretDigest: third, previousDigest: first });
    await store.rotateSecret(id, { secretDigest: fourth, at: 6_000, previousExpiresAt: 9_000 });
    expect(await store.find(id)).toMatchObject({ secretDigest: fourth, previousDigest: third });
    await store.rotateSecret(id, { secretDigest: first, at: 7_000, previousExpiresAt: null });
    expect(await store.find(id)).toMatchObject({ secretDigest: first, previousDigest: null });
  });

  test('simultaneous rotations keep one secret beside the one in use', async () => {
    const inUse = digest();
    const { id } = await create({ secretDigest: inUse });
    const digests = Array.from({ length: 10 }, digest);
    await Promise.all(
      digests.map((secretDigest, i) =>
        (i % 2 ? store : other).rotateSecret(id, { secretDigest, at: 1_000, previousExpiresAt: 5_000 }),
      ),
    );
    const kept = await store.find(id);
    expect(digests).toContain(kept?.secretDigest);
    expect(kept?.previousDigest).toBe(inUse);
  });

  test('a disabled client is rejected at once on every instance and keeps the time of the first disabling', async () => {
    const { id } = await create();
    expect([await store.check(id, 'j1'), await other.check(id, 'j1')]).toEqual([true, true]);
    expect((await store.disable(id, 7_000))?.disabledAt).toBe(7_000);
    expect([await store.check(id, 'j1'), await other.check(id, 'j1')]).toEqual([false, false]);
    expect((await other.disable(id, 8_000))?.disabledAt).toBe(7_000);
    expect(await store.rotateSecret(id, { secretDigest: digest(), at: 1_000, previousExpiresAt: 5_000 })).toBeNull();
  });

  test('an unknown client is rejected and cannot be changed', async () => {
    expect(await store.check(unknown, 'j1')).toBe(false);
    expect(await store.disable(unknown, 7_000)).toBeNull();
    expect(
      await store.rotateSecret(unknown, { secretDigest: digest(), at: 1_000, previousExpiresAt: 5_000 }),
    ).toBeNull();
  });

  test('a revoked token is rejected at once on every instance, and no other token of the client', async () => {
    const { id } = await create();
    await store.revokeToken('j1', 9_000);
    await other.revokeToken('j1', 9_000);
    expect([await store.check(id, 'j1'), await other.check(id, 'j1'), await store.check(id, 'j2')]).toEqual([
      ...[false, false, true],
    ]);
  });

  test('a purge removes expired revoked tokens alone, up to its limit', async () => {
    const { id } = await create();
    for (const [token, expiresAt] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 10],
    ] as const) {
      await store.revokeToken(token, expiresAt);
    }
    expect(await store.purgeExpired(2, 3)).toBe(2);
    expect(await store.purgeExpired(100, 3)).toBe(1);
    expect(await store.purgeExpired(100, 3)).toBe(0);
    expect(await store.check(id, 'd')).toBe(false);
  });
};
