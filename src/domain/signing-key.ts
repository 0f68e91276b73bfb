import type { EpochMillis } from './clock.ts';

/**
 * A stored key pair that succeeds another one. Its times decide what it is used for: each instance reads the same rows and
 * reaches the same result by its own clock. Both halves are sealed, so that a reader of the rows learns no key and a writer
 * cannot add one.
 */
export type SigningKeyRecord = {
  readonly kid: string;
  /** The key of the configuration at the head of this chain, under which both halves are sealed. */
  readonly root: string;
  /** The key before this one in the chain: the `kid` of another record, or the root. A key has at most one successor. */
  readonly succeeds: string;
  readonly publishedAt: EpochMillis;
  readonly signsFrom: EpochMillis;
  /** Until when the key before this one verifies. 0: it was revoked, whatever the clocks say. */
  readonly predecessorUntil: EpochMillis;
  readonly sealedPublic: string;
  /** Null once it no longer signs. */
  readonly sealedPrivate: string | null;
};

/** `next` is published and does not sign yet, `retired` only verifies, `removed` does not verify either. */
export type KeyState = 'next' | 'current' | 'retired' | 'removed';

/** One key of a chain at one moment. `since` and `until` are the bounds of its state; null: unknown or not decided yet. */
export type KeyStatus = {
  readonly kid: string;
  readonly state: KeyState;
  readonly since: EpochMillis | null;
  readonly until: EpochMillis | null;
};

/** One successor in a chain, in the order in which they sign. */
export type KeyInChain = Pick<SigningKeyRecord, 'kid' | 'publishedAt' | 'signsFrom' | 'predecessorUntil'> & {
  /** Whether its private half can be opened. */
  readonly canSign: boolean;
};

/**
 * Returns what each key of a chain is used for at `now`, the root first. Exactly one is current: the latest that is due to sign.
 * Where that one cannot sign, it is a later one, which every verifier knows already; then an earlier one; then the root. The end
 * of each key is stored with its successor, so that purging never revives one.
 */
export const keyStatuses = (
  root: string,
  successors: readonly KeyInChain[],
  now: EpochMillis,
): readonly KeyStatus[] => {
  const chain = [{ kid: root, publishedAt: 0, signsFrom: 0, canSign: true }, ...successors];
  const endOf = (index: number): EpochMillis | null => successors[index]?.predecessorUntil ?? null;
  const hasEnded = (index: number): boolean => (endOf(index) ?? Number.POSITIVE_INFINITY) <= now;
  const due = chain.findLastIndex(({ signsFrom }) => signsFrom <= now);
  const able = [...chain.keys()].filter((index) => chain[index]?.canSign && !hasEnded(index));
  const current = able.find((index) => index >= due) ?? able.at(-1) ?? 0;

  return chain.map(({ kid, publishedAt, signsFrom }, index): KeyStatus => {
    const handover = successors[index]?.signsFrom ?? null;
    if (index === current) return { kid, state: 'current', since: index === 0 ? null : signsFrom, until: handover };
    if (hasEnded(index)) return { kid, state: 'removed', since: endOf(index) || null, until: null };
    if (index > current) return { kid, state: 'next', since: publishedAt, until: signsFrom };
    return { kid, state: 'retired', since: handover, until: endOf(index) };
  });
};

/** The durations of a rotation. All instances must have the same. */
export type RotationTimes = {
  /** How often keys are rotated automatically; null: never. */
  readonly periodMs: number | null;
  /** How long a key is published before it signs: until every verifier has it, also with clocks that differ. */
  readonly leadMs: number;
  /** How long a key verifies after it signed for the last time: until its last token has expired everywhere. */
  readonly keepMs: number;
  /** How long verifiers may cache the published keys. */
  readonly maxAgeSeconds: number;
  /** How often an instance reads what the others have published. */
  readonly pollIntervalMs: number;
};

const second = 1000;
const maxLeadMs = 600 * second;
const maxCacheSeconds = 300;
const maxPollIntervalMs = second;
/** The leeway of token verification, and a minute for an instance with a slow clock or a late read. */
const allowanceMs = 65 * second;

/** Half of the lead is for verifiers that cache the published keys, half for slow clocks and late reads. */
export const rotationTimes = (periodMs: number | null, tokenTtlSeconds: number): RotationTimes => {
  const leadMs = Math.min(maxLeadMs, (periodMs ?? Number.POSITIVE_INFINITY) / 2);
  return {
    periodMs,
    leadMs,
    keepMs: tokenTtlSeconds * second + allowanceMs,
    maxAgeSeconds: Math.min(maxCacheSeconds, Math.floor(leadMs / 2 / second)),
    pollIntervalMs: Math.min(maxPollIntervalMs, leadMs / 2),
  };
};

/** Returns the time before which a key must have stopped signing to lose its private half: an instance with a slow clock may still use a later one. */
export const erasePrivateKeysBefore = (now: EpochMillis): EpochMillis => now - allowanceMs;

/** Whether the successor of `newest` is due. The age of a root is unknown, so its successor is due at once. */
export const isRotationDue = (
  newest: Pick<SigningKeyRecord, 'signsFrom'> | null,
  { periodMs, leadMs }: RotationTimes,
  now: EpochMillis,
): boolean => periodMs !== null && (newest === null || newest.signsFrom + periodMs - leadMs <= now);
