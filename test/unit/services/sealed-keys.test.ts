import { describe, expect, it } from 'vitest';
import { silentSignals } from '../../../src/domain/signals.ts';
import { rotationTimes } from '../../../src/domain/signing-key.ts';
import { createKeyRing } from '../../../src/services/key-ring.ts';
import { actor, configuredWith, keyFile, minute, setUp, signs, ttlSeconds } from './key-rings.ts';

describe('keys in the database', () => {
  it('J07, R09: do not reveal their private halves', async () => {
    const { instance, store, configured } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    const next = ring.list().find(({ state }) => state === 'next')?.key;
    const { d = '' } = next?.privateKey?.export({ format: 'jwk' }) ?? {};
    const [record] = await store.list();
    const dump = JSON.stringify(record);
    const bytes = [record?.sealedPublic ?? '', record?.sealedPrivate ?? ''].map((text) =>
      Buffer.from(text, 'base64url'),
    );
    expect(d).not.toBe('');
    for (const secret of [d, Buffer.from(d, 'base64url').toString('hex'), '"d"', 'PRIVATE KEY', '"kty"']) {
      expect(dump + bytes.map((part) => part.toString('latin1') + part.toString('hex')).join()).not.toContain(secret);
    }
    expect(record?.root).not.toBe('');
    expect(configured.keys).toHaveLength(1);
  });

  it('lose their private halves when they no longer sign, and are removed when they have ended', async () => {
    const { instance, store, move, times } = await setUp();
    const ring = instance();
    for (let i = 0; i < 2; i += 1) {
      await ring.rotate(actor);
      move(times.leadMs);
    }
    await ring.purge();
    expect((await store.list()).map(({ sealedPrivate }) => sealedPrivate !== null)).toEqual([true, true]);
    move(2 * minute);
    await ring.purge();
    expect((await store.list()).map(({ sealedPrivate }) => sealedPrivate !== null)).toEqual([false, true]);
    await ring.poll();
    expect(ring.list().map(({ state }) => state)).toEqual(['current', 'retired', 'retired']);
    move(ttlSeconds * 1000);
    await ring.purge();
    expect(await store.list()).toHaveLength(1);
    await ring.poll();
    expect(ring.list().map(({ state }) => state)).toEqual(['current', 'removed']);
  });

  it('T07: are accepted only if they were sealed under the root', async () => {
    const { instance, store, configured } = await setUp();
    const thief = instance(configuredWith(...(await keyFile())));
    await thief.rotate(actor);
    const [theirs] = await store.list();
    const forged = { ...theirs, kid: theirs?.kid ?? '', signsFrom: 1 };
    const ring = instance();
    await ring.rotate(actor);
    const ours = (await store.list()).find(({ kid }) => kid !== theirs?.kid);
    const keysWith = async (record: object) => {
      const fresh = createKeyRing({
        ...{ store: { ...store, list: async () => [{ ...ours, ...record } as never] }, configured },
        ...{ times: rotationTimes(null, ttlSeconds), clock: () => 2, record: () => {} },
        signals: silentSignals,
      });
      await fresh.read();
      return [...fresh.keys.current.verification.keys()];
    };
    const own = [configured.signing.kid];
    expect(await keysWith({})).toEqual([ours?.kid, ...own]);
    for (const record of [
      { ...forged, root: ours?.root },
      { kid: theirs?.kid },
      { sealedPublic: ours?.sealedPrivate, sealedPrivate: null },
      { sealedPublic: 'AAAA', sealedPrivate: null },
      { sealedPublic: '', sealedPrivate: 'not base64url!' },
    ]) {
      expect(await keysWith(record)).toEqual(own);
    }
  });

  it('that are sealed under another key file neither sign nor verify, are reported once, and the file signs', async () => {
    const { instance, configured, move, times, store } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    move(times.leadMs);
    await ring.read();
    const kept = signs(ring);
    const exchanged = configuredWith(...(await keyFile()));
    const other = instance(exchanged);
    await other.poll();
    await other.poll();
    expect([signs(other), [...other.keys.current.verification.keys()]]).toEqual([
      exchanged.signing.kid,
      [exchanged.signing.kid],
    ]);
    expect(other.sealed).toEqual([[kept]]);
    expect(other.statesOf()).toEqual({ [exchanged.signing.kid]: 'current', [kept]: 'sealed' });
    await other.rotate(actor);
    expect(await store.list()).toHaveLength(2);
    await ring.poll();
    expect([signs(ring), ring.statesOf()[configured.signing.kid]]).toEqual([kept, 'retired']);
  });

  it('still verify while their root is in the key file after a new one', async () => {
    const { instance, root, move, times } = await setUp();
    const before = instance();
    await before.rotate(actor);
    move(times.leadMs);
    await before.read();
    const [fresh = {}] = await keyFile();
    const after = instance(configuredWith(fresh, root));
    await after.poll();
    expect(signs(after)).toBe(Reflect.get(fresh, 'kid'));
    expect(after.keys.current.verification.has(signs(before))).toBe(true);
    expect(after.sealed).toEqual([]);
  });
});
