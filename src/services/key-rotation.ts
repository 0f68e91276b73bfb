import type { Clock } from '../domain/clock.ts';
import type { Actor, RecordEvent } from '../domain/event.ts';
import type { RotationTimes } from '../domain/signing-key.ts';
import type { SigningKeyStore } from '../stores/ports/signing-key-store.ts';
import { SigningKeysError } from './signing-keys.ts';
import type { SigningRoot, StoredKeys } from './stored-keys.ts';

export type KeyRotationDeps = {
  readonly store: SigningKeyStore;
  readonly stored: StoredKeys;
  readonly times: RotationTimes;
  readonly clock: Clock;
  readonly record: RecordEvent;
};

/** Publishes, revokes and purges signing keys in the database. Every instance follows from there. */
export const createKeyRotation = ({ store, stored, times, clock, record }: KeyRotationDeps) => {
  /** Of simultaneous calls on several instances one publishes. */
  const publish = async (actor: Actor): Promise<void> => {
    const { id: root, seal } = requireRoot();
    const key = { ...(await seal.create()), root, succeeds: stored.newestRecord()?.kid ?? root };
    const publishedAt = clock();
    const signsFrom = publishedAt + times.leadMs;
    const predecessorUntil = signsFrom + times.keepMs;
    if (await store.publish({ ...key, publishedAt, signsFrom, predecessorUntil })) {
      record({ type: 'key.rotated', actor, metadata: { kid: key.kid, signsInSeconds: times.leadMs / 1000 } });
    }
    await stored.read();
  };

  /**
   * Publishes the key that signs next, unless one is published already. Rejects with `SigningKeysError` where keys cannot be
   * rotated.
   */
  const rotate = async (actor: Actor): Promise<void> => {
    requireRoot();
    await stored.read();
    const newest = stored.newestRecord();
    if (newest === null || newest.signsFrom <= clock()) await publish(actor);
  };

  /**
   * Ends a key at once: every instance refuses its tokens as soon as it has read so. If it was signing, a new key signs from
   * now on. Rejects with `SigningKeysError` for a key that cannot be ended here.
   */
  const revoke = async (kid: string, actor: Actor): Promise<void> => {
    const root = requireRoot();
    await stored.read();
    const key = stored.list().find((known) => known.kid === kid);
    if (!key || key.state === 'removed') throw new SigningKeysError(unknownKey);
    if (!key.isOfSigningChain) throw new SigningKeysError(notOfSigningChain);
    const isWithdrawn = key.state === 'next' && (await store.withdraw(kid, clock()));
    if (!isWithdrawn) await replace(kid, root);
    record({ type: 'key.revoked', actor, metadata: { kid } });
    await stored.read();
  };

  const replace = async (kid: string, { id: root, seal }: SigningRoot): Promise<void> => {
    const ended = stored.findRecord(kid);
    const successor = { ...(await seal.create()), root, succeeds: ended?.kid ?? root };
    // After the key it ends, also where an instance with a fast clock published that one.
    const signsFrom = Math.max(clock(), (ended?.signsFrom ?? 0) + 1);
    await store.replace({ ...successor, publishedAt: clock(), signsFrom, predecessorUntil: 0 });
  };

  const requireRoot = (): SigningRoot => {
    if (!stored.signingRoot) throw new SigningKeysError(sharedSecret);
    return stored.signingRoot;
  };

  return { publish, rotate, revoke };
};

const unknownKey = 'No signing key has this kid, or it has ended already. "fieldgate key list" shows the keys.';

const sharedSecret =
  'JWT_SECRET is a shared secret, which cannot be rotated: verifiers have no way to learn the next one. Change JWT_SECRET and restart every instance; access tokens become invalid once, refresh tokens stay valid.';

const notOfSigningChain =
  'This key does not belong to the chain that signs: it is another key of the key file, or sealed under one. Remove it from the key file (JWT_KEYS) and restart every instance.';
