import type { EpochMillis } from './clock.ts';

/**
 * A key pair that was made to succeed another one, as it is kept. Its times say everything: each instance reads the same
 * rows and comes to the same answer by its own clock. Both halves are sealed, so that the rows give no key away and take
 * none in.
 */
export type SigningKeyRecord = {
  readonly kid: string;
  /** The key of the configuration whose line this is, and under which both halves are sealed. */
  readonly root: string;
  /** The key this one follows in its line: another record's `kid`, or the root. A key has one successor at most. */
  readonly succeeds: string;
  readonly publishedAt: EpochMillis;
  readonly signsFrom: EpochMillis;
  /** Until when the key before this one verifies. 0: it was revoked, whatever anybody's clock says. */
  readonly predecessorUntil: EpochMillis;
  readonly sealedPublic: string;
  /** Null once it signs no more. */
  readonly sealedPrivate: string | null;
};

/** `next` is published and does not sign yet, `retired` only verifies, `removed` not even that. */
export type KeyState = 'next' | 'current' | 'retired' | 'removed';

/** One key of a line at one moment. `since` and `until` bound its state; null: not known, not decided. */
export type KeyStatus = {
  readonly kid: string;
  readonly state: KeyState;
  readonly since: EpochMillis | null;
  readonly until: EpochMillis | null;
};

/** One key of a line: the root, or a record, in the order in which they sign. */
export type KeyInChain = Pick<SigningKeyRecord, 'kid' | 'publishedAt' | 'signsFrom' | 'predecessorUntil'> & {
  /** Whether its private half is at hand. */
  readonly canSign: boolean;
};

/**
 * What each key of a line is for at `now`; the root is the first, and exactly one is current: the latest whose time to sign
 * has come. Where that one is not to be had, it is one behind it, which everybody knows already; then one before it; where
 * none is to be had, the root. The end of each key stands with the one behind it, so that purging never brings one back.
 */
export const keyStatuses = (
  root: string,
  successors: readonly KeyInChain[],
  now: EpochMillis,
): readonly KeyStatus[] => {
  const line = [{ kid: root, publishedAt: 0, signsFrom: 0, canSign: true }, ...successors];
  const endOf = (index: number): EpochMillis | null => successors[index]?.predecessorUntil ?? null;
  const isOver = (index: number): boolean => (endOf(index) ?? Number.POSITIVE_INFINITY) <= now;
  const due = line.findLastIndex(({ signsFrom }) => signsFrom <= now);
  const able = [...line.keys()].filter((index) => line[index]?.canSign && !isOver(index));
  const current = able.find((index) => index >= due) ?? able.at(-1) ?? 0;

  return line.map(({ kid, publishedAt, signsFrom }, index): KeyStatus => {
    const handover = successors[index]?.signsFrom ?? null;
    if (index === current) return { kid, state: 'current', since: index === 0 ? null : signsFrom, until: handover };
    if (isOver(index)) return { kid, state: 'removed', since: endOf(index) || null, until: null };
    if (index > current) return { kid, state: 'next', since: publishedAt, until: signsFrom };
    return { kid, state: 'retired', since: handover, until: endOf(index) };
  });
};

/** How long what takes. All instances are given the same. */
export type RotationTimes = {
  /** How often keys are rotated without being asked to; null: never. */
  readonly periodMs: number | null;
  /** How long a key is published before it signs: until everybody who verifies has it, clocks that differ included. */
  readonly leadMs: number;
  /** How long a key verifies after it has signed for the last time: until its last token is over everywhere. */
  readonly keepMs: number;
  /** How long others may keep the published keys without asking again. */
  readonly maxAgeSeconds: number;
  /** How often an instance looks for what the others have done. */
  readonly pollIntervalMs: number;
};

const second = 1000;
const longestLeadMs = 600 * second;
const longestMaxAgeSeconds = 300;
const longestReadEveryMs = second;
/** The leeway with which tokens are verified, and a minute for an instance that reads or is told the time late. */
const allowanceMs = 65 * second;

/** Half the lead is for those who keep the published keys, half for clocks and instances that lag. */
export const rotationTimes = (periodMs: number | null, tokenTtlSeconds: number): RotationTimes => {
  const leadMs = Math.min(longestLeadMs, (periodMs ?? Number.POSITIVE_INFINITY) / 2);
  return {
    periodMs,
    leadMs,
    keepMs: tokenTtlSeconds * second + allowanceMs,
    maxAgeSeconds: Math.min(longestMaxAgeSeconds, Math.floor(leadMs / 2 / second)),
    pollIntervalMs: Math.min(longestReadEveryMs, leadMs / 2),
  };
};

/** A private half is not thrown away before this: a lagging clock may be signing with it. */
export const erasePrivateKeysBefore = (now: EpochMillis): EpochMillis => now - allowanceMs;

/** Whether the key after `newest` is to be published now. The age of a root is not known: it is succeeded at once. */
export const isRotationDue = (
  newest: Pick<SigningKeyRecord, 'signsFrom'> | null,
  { periodMs, leadMs }: RotationTimes,
  now: EpochMillis,
): boolean => periodMs !== null && (newest === null || newest.signsFrom + periodMs - leadMs <= now);
