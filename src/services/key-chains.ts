import { type Key, keyId } from '../crypto/jwk.ts';
import type { ConfiguredKeys, KeySet } from '../crypto/keys.ts';
import type { EpochMillis } from '../domain/clock.ts';
import { type KeyState, type KeyStatus, keyStatuses, type SigningKeyRecord } from '../domain/signing-key.ts';

/** A key of the configuration. Its `id` says what it is, whatever the configuration calls it. */
export type RootKey = { readonly id: string; readonly key: Key };

export const rootKeysOf = ({ keys }: ConfiguredKeys): readonly RootKey[] =>
  keys.map((key) => ({ id: keyId(key.publicKey), key }));

/** A record, and the key in it; null where this configuration cannot open it. */
export type StoredKey = { readonly record: SigningKeyRecord; readonly key: Key | null };

/** One key and what it is for now. `sealed`: kept, and not to be opened. */
export type ManagedKey = Omit<KeyStatus, 'state'> & {
  readonly state: KeyState | 'sealed';
  readonly key: Key | null;
  /** Whether it is of the line that signs. */
  readonly isOfSigningChain: boolean;
};

/**
 * All keys of a moment, those that are to sign first. Each key of the configuration that can sign is the root of a line of its
 * own, and the line of the first one signs. So a key file can be exchanged without a break: what was sealed under the old
 * root verifies for as long as that stands in the file.
 */
export const managedKeys = (
  roots: readonly RootKey[],
  kept: readonly StoredKey[],
  now: EpochMillis,
): readonly ManagedKey[] => {
  const lines = roots.flatMap((root, index) => lineOf(root, kept, now).map(index === 0 ? asFirst : asOther));
  const foreign = kept.filter(({ record }) => !roots.some(({ id }) => id === record.root));
  return [...lines, ...foreign.map(({ record }) => toUnknown(record))];
};

type ChainKey = Omit<ManagedKey, 'isOfSigningChain'>;

const lineOf = ({ id, key: root }: RootKey, kept: readonly StoredKey[], now: EpochMillis): readonly ChainKey[] => {
  const successors = kept
    .filter(({ record }) => record.root === id)
    .map(({ record, key }) => ({ ...record, key, canSign: Boolean(key?.privateKey) }));
  const keys = [root, ...successors.map(({ key }) => key)];
  return keyStatuses(root.kid, successors, now)
    .map((standing, index): ChainKey => {
      const key = keys[index] ?? null;
      return { ...standing, key, state: key === null && standing.state !== 'removed' ? 'sealed' : standing.state };
    })
    .toReversed();
};

const asFirst = (key: ChainKey): ManagedKey => ({ ...key, isOfSigningChain: true });

const asOther = (key: ChainKey): ManagedKey => {
  const verifies = key.state === 'next' || key.state === 'current';
  return { ...key, ...(verifies ? { state: 'retired', until: null } : {}), isOfSigningChain: false };
};

const toUnknown = ({ kid }: SigningKeyRecord): ManagedKey => ({
  ...{ kid, state: 'sealed', since: null, until: null, key: null, isOfSigningChain: false },
});

/** What signs and verifies among these keys. Null if none signs. */
export const keySetOf = (keys: readonly ManagedKey[]): KeySet | null => {
  const signing = keys.find(({ state }) => state === 'current')?.key;
  if (!signing?.privateKey) return null;
  const verifying = keys.flatMap(({ key, state }) => (key && state !== 'removed' ? [key] : []));
  return {
    signing: { kid: signing.kid, alg: signing.alg, key: signing.privateKey },
    verification: new Map(verifying.map(({ kid, alg, publicKey }) => [kid, { kid, alg, key: publicKey }])),
  };
};

/** Says whether two sets are the same: a `kid` never stands for another key. */
export const fingerprint = ({ signing, verification }: KeySet): string =>
  [signing.kid, ...verification.keys()].join(' ');
