import type { AccessTokens, Verification } from '../crypto/access-token.ts';
import type { ConfiguredKeys, KeySet } from '../crypto/keys.ts';
import { createKeySeal } from '../crypto/sealed-key.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { type Actor, type RecordEvent, serverActor } from '../domain/event.ts';
import {
  erasePrivateKeysBefore,
  isRotationDue,
  type RotationTimes,
  type SigningKeyRecord,
} from '../domain/signing-key.ts';
import type { SigningKeyStore } from '../stores/ports/signing-key-store.ts';
import { fingerprint, keySetOf, type ManagedKey, managedKeys, rootKeysOf, type StoredKey } from './key-chains.ts';
import { SigningKeysError } from './signing-keys.ts';

type Dependencies = {
  readonly store: SigningKeyStore;
  readonly configured: ConfiguredKeys;
  readonly times: RotationTimes;
  readonly clock: Clock;
  readonly record: RecordEvent;
  /** Told when this instance begins to sign with another key. */
  readonly onSwitch: (kid: string) => void;
  /** Told which keys in the database this configuration cannot open, whenever they are others than before. */
  readonly onSealed: (kids: readonly string[]) => void;
};

export type KeyRing = ReturnType<typeof createKeyRing>;

/**
 * The keys that sign and verify at each moment: those of the configuration, and those that were made after them and are
 * kept in the database. Every instance reads them, and switches by the times that stand beside them.
 */
export const createKeyRing = ({ store, configured, times, clock, ...told }: Dependencies) => {
  const roots = rootKeysOf(configured).map((root) => ({ ...root, seal: createKeySeal(root.key) }));
  const [first] = roots;
  let kept: readonly StoredKey[] = [];
  let keySet: KeySet = configured;
  let [readings, newestReading] = [0, 0];
  let lastAsked: Promise<void> | null = null;

  const list = (): readonly ManagedKey[] => managedKeys(roots, kept, clock());

  /** Reads what the database holds. Rejects if it cannot; the keys that are known still move on with the time. */
  const read = async (): Promise<void> => {
    if (!first?.seal) return;
    readings += 1;
    const reading = readings;
    try {
      const records = await store.list();
      if (reading < newestReading) return; // Overtaken by one that began later.
      newestReading = reading;
      keep(records);
    } finally {
      activateDueKey();
    }
  };

  const keep = (records: readonly SigningKeyRecord[]): void => {
    const before = new Map(kept.map((entry) => [entry.record.kid, entry]));
    const sealedBefore = sealedKids();
    kept = records.map((record) => {
      const known = before.get(record.kid);
      const isSame =
        known?.record.sealedPrivate === record.sealedPrivate && known.record.sealedPublic === record.sealedPublic;
      const seal = roots.find(({ id }) => id === record.root)?.seal;
      return { record, key: isSame ? known.key : (seal?.open(record) ?? null) };
    });
    if (sealedKids().join() !== sealedBefore.join()) told.onSealed(sealedKids());
  };

  const sealedKids = (): readonly string[] => kept.flatMap(({ record, key }) => (key === null ? [record.kid] : []));

  /** The set stays the same object for as long as it is the same: what is remembered of verified tokens hangs on it. */
  const activateDueKey = (): void => {
    const next = keySetOf(list()) ?? configured;
    const before = keySet;
    if (fingerprint(next) === fingerprint(before)) return;
    keySet = next;
    if (next.signing.kid !== before.signing.kid) told.onSwitch(next.signing.kid);
  };

  /** For a token of a key that is not known. However many there are, they cause one reading between two ticks. */
  const reloadForUnknownKid = (): Promise<void> => {
    lastAsked ??= read();
    return lastAsked;
  };

  /** To be called every `readEveryMs`: reads, and publishes the next key if it is time. Rejects as `read`. */
  const poll = async (): Promise<void> => {
    try {
      await read();
      if (isRotationDue(newest(), times, clock())) await publish(serverActor);
    } finally {
      lastAsked = null;
    }
  };

  const newest = (): SigningKeyRecord | null =>
    kept.findLast(({ record }) => record.root === first?.id)?.record ?? null;

  /** What several instances set out to do at once, one of them does. */
  const publish = async (actor: Actor): Promise<void> => {
    const { root, seal } = requireSeal();
    const key = { ...(await seal.create()), root, succeeds: newest()?.kid ?? root };
    const publishedAt = clock();
    const signsFrom = publishedAt + times.leadMs;
    const predecessorUntil = signsFrom + times.keepMs;
    if (await store.publish({ ...key, publishedAt, signsFrom, predecessorUntil })) {
      told.record({ type: 'key.rotated', actor, metadata: { kid: key.kid, signsInSeconds: times.leadMs / 1000 } });
    }
    await read();
  };

  /**
   * Publishes the key that signs next, unless one is on its way already. Every instance takes part by itself.
   * Rejects with `SigningKeysError` where keys cannot be rotated.
   */
  const rotate = async (actor: Actor): Promise<void> => {
    requireSeal();
    await read();
    const latest = newest();
    if (latest === null || latest.signsFrom <= clock()) await publish(actor);
  };

  /**
   * Ends a key at once; every instance refuses its tokens as soon as it has read of it. If it was signing, the next one
   * does so from now on. Rejects with `SigningKeysError` for a key that is not to be ended here.
   */
  const revoke = async (kid: string, actor: Actor): Promise<void> => {
    const { root, seal } = requireSeal();
    await read();
    const key = list().find((known) => known.kid === kid);
    if (!key || key.state === 'removed') throw new SigningKeysError('There is no such key, or it has ended already.');
    if (!key.isOfSigningChain) throw new SigningKeysError(notHere);
    const isWithdrawn = key.state === 'next' && (await store.withdraw(kid, clock()));
    if (!isWithdrawn) {
      const record = kept.find((entry) => entry.record.kid === kid)?.record;
      const successor = { ...(await seal.create()), root, succeeds: record?.kid ?? root };
      // Behind the key it ends, also where another clock that is ahead put that one.
      const signsFrom = Math.max(clock(), (record?.signsFrom ?? 0) + 1);
      await store.replace({ ...successor, publishedAt: clock(), signsFrom, predecessorUntil: 0 });
    }
    told.record({ type: 'key.revoked', actor, metadata: { kid } });
    await read();
  };

  const requireSeal = () => {
    if (!first?.seal) throw new SigningKeysError(sharedSecret);
    return { root: first.id, seal: first.seal };
  };

  /** Forgets what is needed no more: private halves that sign no more, and keys that have ended. */
  const purge = async (): Promise<void> => {
    await store.erasePrivateKeys(erasePrivateKeysBefore(clock()));
    await store.purgeEnded(clock());
  };

  return { keys: () => keySet, list, read, readForUnknown: reloadForUnknownKid, tick: poll, rotate, revoke, purge };
};

const sharedSecret =
  'A shared secret cannot be rotated: nobody could be told of the next one. Change JWT_SECRET and restart every instance; access tokens become invalid once, refresh tokens stay good.';

const notHere =
  'This key is not of the line that signs here: it stands in the key file, or is sealed under another one. Take it out of the file and restart every instance.';

/** `verify` for requests. A token of a key that is not known is looked at again once the keys have been read. */
export const createRequestVerify =
  (accessTokens: Pick<AccessTokens, 'verify'>, { readForUnknown }: Pick<KeyRing, 'readForUnknown'>, clock: Clock) =>
  (token: string): Verification | Promise<Verification> => {
    const verification = accessTokens.verify(token, toSeconds(clock()));
    if (verification.kind === 'valid' || verification.cause !== 'unknown key') return verification;
    return readForUnknown().then(() => accessTokens.verify(token, toSeconds(clock())));
  };
