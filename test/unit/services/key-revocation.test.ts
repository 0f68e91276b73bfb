import { describe, expect, it } from 'vitest';
import { actor, configuredWith, keyFile, minute, setUp, signs } from './key-rings.ts';

describe('revoking', () => {
  it('J03: the root ends at once on every instance and every clock, and a new key signs', async () => {
    const { instance, configured, move, store } = await setUp();
    const rings = [instance(), instance(configured, -minute), instance(configured, minute)] as const;
    const old = configured.signing.kid;
    await rings[0].revoke(old, actor);
    for (const ring of rings) {
      await ring.poll();
      expect(ring.keys.current.verification.has(old)).toBe(false);
      expect(ring.keys.current.verification.has(signs(ring))).toBe(true);
    }
    expect(new Set(rings.map(signs)).size).toBe(1);
    expect(rings[0].events).toMatchObject([{ type: 'key.revoked', metadata: { kid: old } }]);
    move(minute * 60);
    await rings[0].purge();
    await rings[0].poll();
    expect(rings[0].statesOf()).toEqual({ [old]: 'removed', [signs(rings[0])]: 'current' });
    expect(await store.list()).toHaveLength(1);
    await expect(rings[0].revoke(old, actor)).rejects.toThrow('ended already');
  });

  it('a published next key replaces the one that is revoked', async () => {
    const { instance, configured } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    const [next] = ring.keys.current.verification.keys();
    await ring.revoke(configured.signing.kid, actor);
    expect([signs(ring), [...ring.keys.current.verification.keys()]]).toEqual([next, [next]]);
  });

  it('a published next key is withdrawn, and the current one goes on', async () => {
    const { instance, configured, store } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    const [next = ''] = ring.keys.current.verification.keys();
    await ring.revoke(next, actor);
    expect([signs(ring), [...ring.keys.current.verification.keys()]]).toEqual([
      configured.signing.kid,
      [configured.signing.kid],
    ]);
    expect(await store.list()).toEqual([]);
  });

  it('a retired key ends, and nothing else changes', async () => {
    const { instance, configured, move, times } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    move(times.leadMs);
    await ring.read();
    const current = signs(ring);
    await ring.revoke(configured.signing.kid, actor);
    expect([signs(ring), [...ring.keys.current.verification.keys()]]).toEqual([current, [current]]);
  });

  it('several revocations, also by an instance with a slow clock, bring no revoked key back', async () => {
    const { instance, configured, move } = await setUp();
    const [ahead, behind] = [instance(configured, minute), instance(configured, -minute)];
    const gone: string[] = [];
    for (const ring of [ahead, behind, ahead, behind, behind, ahead]) {
      await ring.read();
      gone.push(signs(ring));
      await ring.revoke(signs(ring), actor);
      for (const each of [ahead, behind]) {
        await each.poll();
        expect(gone.filter((kid) => each.keys.current.verification.has(kid))).toEqual([]);
      }
      move(10);
    }
    expect(new Set(gone).size).toBe(6);
  });

  it('an unknown kid is rejected, and a key that can only be removed from the key file', async () => {
    const { instance, root } = await setUp();
    const [old = {}] = await keyFile();
    const ring = instance(configuredWith(root, old));
    await expect(ring.revoke('nothing', actor)).rejects.toThrow('No signing key has this kid');
    await expect(ring.revoke(String(Reflect.get(old, 'kid')), actor)).rejects.toThrow('key file');
  });
});
