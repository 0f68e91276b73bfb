import { describe, expect, it } from 'vitest';
import { createAccessTokens } from '../../../src/crypto/access-token.ts';
import { keySetFromSecret } from '../../../src/crypto/keys.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { createRequestVerify } from '../../../src/services/key-ring.ts';
import { actor, configuredWith, keyFile, minute, setUp, signs, ttlSeconds } from './key-rings.ts';

describe('a key ring', () => {
  it('is the configured set, and the same object, as long as nothing was rotated', async () => {
    const { instance, configured } = await setUp();
    const ring = instance();
    await ring.poll();
    expect(ring.keys.current).toBe(configured);
    expect(ring.events).toEqual([]);
  });

  it('J02, J03: a rotation publishes the next key, signs with it, and removes the old one when its last token has expired', async () => {
    const { instance, move, configured, times } = await setUp();
    const [one, two] = [instance(), instance()];
    const old = configured.signing.kid;
    await one.rotate(actor);
    await two.poll();
    const [next = ''] = two.keys.current.verification.keys();
    expect(two.statesOf()).toEqual({ [next]: 'next', [old]: 'current' });
    expect(signs(two)).toBe(old);
    move(times.leadMs);
    await two.poll();
    expect([signs(two), two.statesOf()]).toEqual([next, { [next]: 'current', [old]: 'retired' }]);
    expect(two.switches).toEqual([next]);
    move(ttlSeconds * 1000 + 5_000);
    await two.poll();
    expect([...two.keys.current.verification.keys()]).toEqual([next, old]);
    move(minute);
    await two.poll();
    expect([...two.keys.current.verification.keys()]).toEqual([next]);
    expect(one.events).toMatchObject([{ type: 'key.rotated', metadata: { kid: next, signsInSeconds: 600 } }]);
  });

  it('rotating again before the next key signs changes nothing', async () => {
    const { instance, store } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    await ring.rotate(actor);
    expect(await store.list()).toHaveLength(1);
  });

  it('F17: of several instances with a due rotation one publishes the next key', async () => {
    const { instance, store, move } = await setUp({ periodMs: 60 * minute });
    const rings = Array.from({ length: 8 }, () => instance());
    for (let rotation = 1; rotation <= 3; rotation += 1) {
      await Promise.all(rings.map((ring) => ring.poll()));
      expect(await store.list()).toHaveLength(rotation);
      move(60 * minute);
    }
    expect(rings.flatMap(({ events }) => events)).toHaveLength(3);
  });

  it('J04: instances whose clocks are a minute apart, and whose reads are a minute late, know the key of every live token', async () => {
    const { instance, move, configured, times } = await setUp({ periodMs: 25 * minute });
    const rings = [instance(configured, -30_000), instance(configured, 30_000)];
    const issued: { kid: string; expiresAt: number }[] = [];
    for (let step = 0; step < 600; step += 1) {
      for (const [index, ring] of rings.entries()) {
        // Each looks for what the other has done once a minute, and not at the same time.
        if (step % 6 === index * 3) {
          await ring.poll();
          await ring.purge();
        }
        issued.push({ kid: signs(ring), expiresAt: ring.clock() + ttlSeconds * 1000 });
      }
      for (const { keys, clock } of rings) {
        const live = issued.filter(({ expiresAt }) => expiresAt + 5_000 > clock());
        expect(live.filter(({ kid }) => !keys.current.verification.has(kid))).toEqual([]);
      }
      move(10_000);
    }
    expect(new Set(issued.map(({ kid }) => kid)).size).toBeGreaterThanOrEqual(4);
    expect(rings[0]?.keys.current.verification.size).toBeLessThanOrEqual(3);
    expect(times.periodMs).toBe(25 * minute);
  });

  it('T05: a thousand tokens of unknown keys cause one read until the next poll, and the new key is found', async () => {
    const { instance, calls, move, times, now } = await setUp();
    const [one, two] = [instance(), instance()];
    await two.read();
    await one.rotate(actor);
    move(times.leadMs);
    await one.poll();
    const options = { issuer: 'https://x', audience: 'https://x', clientId: 'x', ttlSeconds };
    const issue = createAccessTokens({ ...options, keys: one.keys });
    const { token } = await issue.issueToService({ clientId: 'x' as never, scopes: [], now: now() / 1000 });
    const verify = createRequestVerify(createAccessTokens({ ...options, keys: two.keys }), two, () => now());

    calls.list = 0;
    const stranger = configuredWith(...(await keyFile()));
    const { token: foreign } = await createAccessTokens({ ...options, keys: { current: stranger } }).issueToService({
      ...{ clientId: 'x' as never, scopes: [], now: now() / 1000 },
    });
    const answers = await Promise.all([token, ...Array.from({ length: 1_000 }, () => foreign)].map(verify));
    expect(calls.list).toBe(1);
    expect(answers[0]?.kind).toBe('valid');
    expect(answers.slice(1).every((answer) => answer.kind === 'invalid')).toBe(true);
    await two.poll();
    await Promise.all(Array.from({ length: 1_000 }, () => verify(foreign)));
    expect(calls.list).toBe(3);
  });

  it('cannot rotate a shared secret, and says what to do', async () => {
    const { instance, store } = await setUp();
    const secret = 'tests only: 32 bytes and more, never used by a server that runs';
    const ring = instance(keySetFromSecret(new Secret(secret), 'HS256'));
    await ring.poll();
    await expect(ring.rotate(actor)).rejects.toThrow('JWT_SECRET');
    await expect(ring.revoke(signs(ring), actor)).rejects.toThrow('JWT_SECRET');
    expect(await store.list()).toEqual([]);
  });

  it('uses the keys it knows, and activates the next one in time, while the database is unavailable', async () => {
    const { instance, move, times, database } = await setUp();
    const ring = instance();
    await ring.rotate(actor);
    const [next] = ring.keys.current.verification.keys();
    await database.close();
    move(times.leadMs);
    await expect(ring.poll()).rejects.toThrow();
    expect(signs(ring)).toBe(next);
    await expect(ring.reloadForUnknownKid()).rejects.toThrow(); // Which is answered 503, never 401.
  });
});
