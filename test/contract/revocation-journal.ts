import { randomUUID } from 'node:crypto';
import { type SessionId, sessionId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tokenDigest } from '../../src/domain/ids.ts';
import type { AccountStore } from '../../src/stores/ports/account-store.ts';
import type { JournalEntry, Revocation, RevocationJournal } from '../../src/stores/ports/revocation-journal.ts';
import { createAccount } from '../support/accounts.ts';
import type { Harness } from './harness.ts';

export type RevocationJournalHarness = Harness<{
  readonly journal: RevocationJournal;
  readonly accounts: AccountStore;
  readonly now: () => number;
  /** Sets the clock of the journal on. */
  readonly advance: (ms: number) => void;
}> & {
  /** How long the journal keeps an entry. */
  readonly keepMs: number;
};

export const revocationJournalSuite = (harness: RevocationJournalHarness): void => {
  const { keepMs } = harness;
  const ada = userId(randomUUID());
  let setup: Awaited<ReturnType<RevocationJournalHarness['open']>>;
  let journal: RevocationJournal;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    setup = await harness.open();
    journal = setup.journal;
  });

  const ended = (id: SessionId = sessionId(randomUUID())): Revocation => ({
    kind: 'session',
    userId: ada,
    sessionId: id,
  });
  const allEntries = async (): Promise<readonly JournalEntry[]> => {
    const all: JournalEntry[] = [];
    for await (const batch of journal.readEntries()) all.push(...batch);
    return all;
  };

  test('the journal returns what was recorded, each entry in its kind', async () => {
    const family = tokenDigest('F'.repeat(43));
    const written = [ended(), { kind: 'tokens', userId: ada, sessionId: sessionId(randomUUID()), family } as const];
    await journal.record(written);
    expect(await allEntries()).toEqual(expect.arrayContaining(written));
    expect(await allEntries()).toHaveLength(2);
  });

  test('a session takes one row, and its latest entry replaces the earlier ones', async () => {
    const id = sessionId(randomUUID());
    await journal.record([{ kind: 'tokens', userId: ada, sessionId: id, family: tokenDigest('F'.repeat(43)) }]);
    await Promise.all(Array.from({ length: 5 }, () => journal.record([ended(id)])));
    expect(await allEntries()).toEqual([ended(id)]);
  });

  test('the entry of a changed account holds what the account is now', async () => {
    const user = await createAccount(setup.accounts);
    await setup.accounts.change(user.id, () => ({ role: 'MODERATOR' }));
    await journal.record([{ kind: 'account', userId: user.id }]);
    await setup.accounts.change(user.id, () => ({ disabledAt: 1 }));
    const account = { version: 3, role: 'MODERATOR', disabled: true, sessionsFrom: 3 };
    expect(await allEntries()).toEqual([{ kind: 'account', userId: user.id, account }]);
  });

  test('the entry of a deleted account holds null', async () => {
    await journal.record([{ kind: 'account', userId: ada }]);
    expect(await allEntries()).toEqual([{ kind: 'account', userId: ada, account: null }]);
  });

  test('an empty record writes nothing, and thousands of entries come back complete, in batches', async () => {
    await journal.record([]);
    expect(await allEntries()).toEqual([]);
    const many = Array.from({ length: 2_345 }, () => ended());
    await journal.record(many);
    const sorted = (all: readonly { readonly kind: string }[]) => all.map((one) => JSON.stringify(one)).sort();
    expect(sorted(await allEntries())).toEqual(sorted(many));
  });

  test('simultaneous records of the same sessions, in any order, wait for each other and all succeed', async () => {
    const many = Array.from({ length: 50 }, () => ended());
    await Promise.all(Array.from({ length: 8 }, (_, turn) => journal.record(turn % 2 ? many : many.toReversed())));
    expect(await allEntries()).toHaveLength(50);
  });

  test('an expired entry is not returned, and a purge removes no more than its limit', async () => {
    await journal.record([ended(), ended(), ended()]);
    setup.advance(keepMs - 1);
    await journal.record([ended()]);
    expect(await allEntries()).toHaveLength(4);
    setup.advance(1);
    expect(await allEntries()).toHaveLength(1);
    expect(await journal.purgeExpired(2, setup.now())).toBe(2);
    expect(await journal.purgeExpired(2, setup.now())).toBe(1);
    expect(await journal.purgeExpired(2, setup.now())).toBe(0);
    expect(await allEntries()).toHaveLength(1);
  });
};
