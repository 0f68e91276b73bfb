import type { ConfiguredKeys, CurrentKeys, KeySet } from '../crypto/keys.ts';
import { createKeySeal, type KeySeal } from '../crypto/sealed-key.ts';
import type { Clock } from '../domain/clock.ts';
import type { Signals } from '../domain/signals.ts';
import type { SigningKeyRecord } from '../domain/signing-key.ts';
import type { SigningKeyStore } from '../stores/ports/signing-key-store.ts';
import { fingerprint, keySetOf, type ManagedKey, managedKeys, rootKeysOf, type StoredKey } from './key-chains.ts';

export type StoredKeysDeps = {
  readonly store: Pick<SigningKeyStore, 'list'>;
  readonly configured: ConfiguredKeys;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'signingKeyChanged' | 'keysSealed'>;
};

/** The root of the signing chain, which seals its successors. */
export type SigningRoot = { readonly id: string; readonly seal: KeySeal };

export type StoredKeys = ReturnType<typeof createStoredKeys>;

/** The keys of the configuration and of the database, as this process last read them. */
export const createStoredKeys = ({ store, configured, clock, signals }: StoredKeysDeps) => {
  const roots = rootKeysOf(configured).map((root) => ({ ...root, seal: createKeySeal(root.key) }));
  const signingRoot = toSigningRoot(roots[0]);
  let stored: readonly StoredKey[] = [];
  const inUse: { current: KeySet } = { current: configured };
  const keys: CurrentKeys = inUse;
  let [reads, newestRead] = [0, 0];

  const list = (): readonly ManagedKey[] => managedKeys(roots, stored, clock());

  /** Reads the database. Rejects if that fails; the keys known so far still change state with the time. */
  const read = async (): Promise<void> => {
    if (!signingRoot) return;
    reads += 1;
    const thisRead = reads;
    try {
      const records = await store.list();
      if (thisRead < newestRead) return; // A read that started later has finished before.
      newestRead = thisRead;
      replaceStored(records);
    } finally {
      activateDueKey();
    }
  };

  const replaceStored = (records: readonly SigningKeyRecord[]): void => {
    const before = new Map(stored.map((entry) => [entry.record.kid, entry]));
    const sealedBefore = sealedKids();
    stored = records.map((record) => {
      const known = before.get(record.kid);
      const isSame =
        known?.record.sealedPrivate === record.sealedPrivate && known.record.sealedPublic === record.sealedPublic;
      const seal = roots.find(({ id }) => id === record.root)?.seal;
      return { record, key: isSame ? known.key : (seal?.open(record) ?? null) };
    });
    if (sealedKids().join() !== sealedBefore.join()) signals.keysSealed(sealedKids());
  };

  const sealedKids = (): readonly string[] => stored.flatMap(({ record, key }) => (key === null ? [record.kid] : []));

  /** An unchanged set stays the same object: the cache of verified tokens depends on it. */
  const activateDueKey = (): void => {
    const next = keySetOf(list()) ?? configured;
    const before = inUse.current;
    if (fingerprint(next) === fingerprint(before)) return;
    inUse.current = next;
    if (next.signing.kid !== before.signing.kid) signals.signingKeyChanged(next.signing.kid);
  };

  const findRecord = (kid: string): SigningKeyRecord | null =>
    stored.find(({ record }) => record.kid === kid)?.record ?? null;

  const newestRecord = (): SigningKeyRecord | null =>
    stored.findLast(({ record }) => record.root === signingRoot?.id)?.record ?? null;

  return { signingRoot, keys, list, read, findRecord, newestRecord };
};

/** Null for a key that cannot seal: a shared secret. */
const toSigningRoot = (root: { readonly id: string; readonly seal: KeySeal | null } | undefined): SigningRoot | null =>
  root?.seal ? { id: root.id, seal: root.seal } : null;
