import { type Key, keyId } from '../crypto/jwk.ts';
import type { ConfiguredKeys, KeySet } from '../crypto/keys.ts';
import type { EpochMillis } from '../domain/clock.ts';
import { type KeyState, type KeyStatus, keyStatuses, type SigningKeyRecord } from '../domain/signing-key.ts';

/** A key of the configuration. Its `id` is derived from the key, whatever `kid` the configuration gives it. */
export type RootKey = { readonly id: string; readonly key: Key };

export const rootKeysOf = ({ keys }: ConfiguredKeys): readonly RootKey[] =>
  keys.map((key) => ({ id: keyId(key.publicKey), key }));

/** A record of the store and its key; null where this configuration cannot open it. */
export type StoredKey = { readonly record: SigningKeyRecord; readonly key: Key | null };

/** One key and what it is used for now. `sealed`: stored, and this configuration cannot open it. */
export type ManagedKey = Omit<KeyStatus, 'state'> & {
  readonly state: KeyState | 'sealed';
  readonly key: Key | null;
  /** Whether it belongs to the chain that signs. */
  readonly isOfSigningChain: boolean;
};

/** The keys that descend from one root, newest first. */
type KeyChain = readonly Omit<ManagedKey, 'isOfSigningChain'>[];

/**
 * Returns all keys at `now`, the signing chain first. Each key of the configuration that can sign is the root of a chain, and
 * the chain of the first one signs. So a key file can be exchanged without an interruption: what was sealed under the old root
 * verifies for as long as that root is in the file.
 */
export const managedKeys = (
  roots: readonly RootKey[],
  stored: readonly StoredKey[],
  now: EpochMillis,
): readonly ManagedKey[] => {
  const chains = roots.map((root) => chainOf(root, stored, now));
  const known = chains.flatMap((chain, index) => chain.map(index === 0 ? ofSigningChain : ofOtherChain));
  const unknown = stored.filter(({ record }) => !roots.some(({ id }) => id === record.root));
  return [...known, ...unknown.map(({ record }) => toUnknown(record))];
};

const chainOf = ({ id, key: root }: RootKey, stored: readonly StoredKey[], now: EpochMillis): KeyChain => {
  const successors = stored
    .filter(({ record }) => record.root === id)
    .map(({ record, key }) => ({ ...record, key, canSign: Boolean(key?.privateKey) }));
  const keys = [root, ...successors.map(({ key }) => key)];
  return keyStatuses(root.kid, successors, now)
    .map((status, index): KeyChain[number] => {
      const key = keys[index] ?? null;
      return { ...status, key, state: key === null && status.state !== 'removed' ? 'sealed' : status.state };
    })
    .toReversed();
};

const ofSigningChain = (key: KeyChain[number]): ManagedKey => ({ ...key, isOfSigningChain: true });

/** A key of another chain only verifies, for as long as its root is configured. */
const ofOtherChain = (key: KeyChain[number]): ManagedKey => {
  const verifies = key.state === 'next' || key.state === 'current';
  return { ...key, ...(verifies ? { state: 'retired', until: null } : {}), isOfSigningChain: false };
};

/** A key whose root is not in this configuration. */
const toUnknown = ({ kid }: SigningKeyRecord): ManagedKey => ({
  ...{ kid, state: 'sealed', since: null, until: null, key: null, isOfSigningChain: false },
});

/** Returns what signs and verifies among these keys; null if none can sign. */
export const keySetOf = (keys: readonly ManagedKey[]): KeySet | null => {
  const signing = keys.find(({ state }) => state === 'current')?.key;
  if (!signing?.privateKey) return null;
  const verifying = keys.flatMap(({ key, state }) => (key && state !== 'removed' ? [key] : []));
  return {
    signing: { kid: signing.kid, alg: signing.alg, key: signing.privateKey },
    verification: new Map(verifying.map(({ kid, alg, publicKey }) => [kid, { kid, alg, key: publicKey }])),
  };
};

/** Equal for equal sets: a `kid` never names two keys. */
export const fingerprint = ({ signing, verification }: KeySet): string =>
  [signing.kid, ...verification.keys()].join(' ');
