import { randomUUID } from 'node:crypto';
import { sessionId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createOrderedIds } from '../../src/crypto/identifiers.ts';
import type { AuthEvent, EventType } from '../../src/domain/event.ts';
import type { EventPosition, EventStore } from '../../src/stores/ports/event-store.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type EventStoreHarness = Harness<TwoInstances<EventStore>> & {
  /** How long the store keeps an event. */
  readonly retentionMs: number;
};

const noon = Date.UTC(2026, 0, 1, 12);

export const eventStoreSuite = (harness: EventStoreHarness): void => {
  let store: EventStore;
  let other: EventStore;
  const newId = createOrderedIds();

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const event = (given: Partial<Omit<AuthEvent, 'type'>> & { readonly type?: EventType } = {}): AuthEvent => {
    const time = given.time ?? noon;
    return {
      ...{ id: newId(time), time, type: 'user.login_failed', outcome: 'failure', userId: null, sessionId: null },
      ...{ actor: { kind: 'anonymous', id: null }, ip: '203.0.113.9', userAgent: 'curl/8', requestId: 'r-1' },
      ...{ reason: 'PASSWORD_WRONG', metadata: {} },
      ...given,
    };
  };
  const append = async (...events: AuthEvent[]): Promise<readonly string[]> => {
    await store.append(events);
    return events.map(({ id }) => id);
  };
  const idsOf = async (query: Omit<Parameters<EventStore['list']>[0], 'first'>) =>
    (await other.list({ first: 100, ...query })).events.map(({ id }) => id);

  test('an event is returned as it was recorded, on every instance', async () => {
    const full = event({
      ...{ userId: userId(randomUUID()), sessionId: sessionId(randomUUID()), outcome: 'success' },
      ...{ actor: { kind: 'account', id: randomUUID() }, metadata: { text: 'ü"\u2028\\', count: 3, flag: true } },
    });
    const empty = event({ ip: null, userAgent: null, requestId: null, reason: null, time: noon - 1 });
    await append(full, empty);
    expect(await other.list({ first: 10 })).toEqual({ events: [full, empty], hasNextPage: false });
  });

  test('an empty batch writes nothing, and a page without events is empty', async () => {
    await store.append([]);
    expect(await store.list({ first: 10 })).toEqual({ events: [], hasNextPage: false });
  });

  test('a batch that is appended twice, even at once, is stored once and stays unchanged', async () => {
    const batch = Array.from({ length: 300 }, () => event());
    const changed = batch.map((one) => ({ ...one, reason: 'OTHER' }));
    await Promise.all([store.append(batch), other.append(batch), store.append(batch)]);
    await other.append([...changed, event()]);
    const { events } = await store.list({ first: 1_000 });
    expect(events).toHaveLength(301);
    expect(events.every(({ reason }) => reason === 'PASSWORD_WRONG')).toBe(true);
  });

  test('pages list each event once, newest first, in the order of their creation', async () => {
    const made = await append(...Array.from({ length: 25 }, (_, i) => event({ time: noon + Math.floor(i / 10) })));
    const seen: string[] = [];
    let after: EventPosition | undefined;
    do {
      const page = await other.list({ first: 4, after });
      seen.push(...page.events.map(({ id }) => id));
      const last = page.events.at(-1);
      after = page.hasNextPage && last ? { time: last.time, id: last.id } : undefined;
    } while (after);
    expect(seen).toEqual([...made].reverse());
  });

  test('a page with exactly the remaining events has no next page', async () => {
    await append(event(), event());
    expect((await store.list({ first: 2 })).hasNextPage).toBe(false);
    expect((await store.list({ first: 1 })).hasNextPage).toBe(true);
  });

  test('all filters must match', async () => {
    const [ada, bob] = [userId(randomUUID()), userId(randomUUID())];
    const [a, b, c, d] = await append(
      event({ userId: ada, type: 'user.logged_out', outcome: 'success', time: noon + 1 }),
      event({ userId: bob, ip: '2001:db8::1', time: noon + 2 }),
      event({ userId: ada, type: 'role.changed', outcome: 'success', time: noon + 3 }),
      event({ userId: null, time: noon + 4 }),
    );
    expect(await idsOf({ userId: ada })).toEqual([c, a]);
    expect(await idsOf({ ip: '2001:db8::1' })).toEqual([b]);
    expect(await idsOf({ ip: "2001:db8::1' or true --" })).toEqual([]);
    expect(await idsOf({ ip: '2001:db8::1\0' })).toEqual([]);
    expect(await idsOf({ outcome: 'failure' })).toEqual([d, b]);
    expect(await idsOf({ since: noon + 2, until: noon + 4 })).toEqual([c, b]);
    expect(await idsOf({ types: [] })).toEqual([]);
    expect(await idsOf({ types: ['role.changed'] })).toEqual([c]);
    expect(await idsOf({ types: ['user.login_failed', 'role.changed', 'user.login_failed'] })).toEqual([d, c, b]);
    expect(await idsOf({ types: ['role.changed', 'user.logged_out'], userId: ada, until: noon + 3 })).toEqual([a]);
  });

  test('pages of several types continue where the one before ended', async () => {
    const types: readonly EventType[] = ['user.logged_out', 'role.changed', 'user.login_failed'];
    const made = await append(...Array.from({ length: 12 }, (_, i) => event({ type: types[i % 3] ?? 'role.changed' })));
    const wanted = made.filter((_, i) => i % 3 < 2).reverse();
    const first = await store.list({ first: 5, types: ['role.changed', 'user.logged_out'] });
    const last = first.events.at(-1);
    const rest = await idsOf({
      types: ['role.changed', 'user.logged_out'],
      after: last && { time: last.time, id: last.id },
    });
    expect([...first.events.map(({ id }) => id), ...rest]).toEqual(wanted);
    expect(first.hasNextPage).toBe(true);
  });

  test('a purge removes events that were kept for the retention time, oldest first, up to its limit', async () => {
    const [, , third, fourth] = await append(...[1, 2, 3, 4].map((ms) => event({ time: noon + ms })));
    const now = noon + 4 + harness.retentionMs;
    expect(await store.purgeExpired(2, now)).toBe(2);
    expect(await idsOf({})).toEqual([fourth, third]);
    const counts = await Promise.all([store.purgeExpired(10, now), other.purgeExpired(10, now)]);
    expect(counts[0] + counts[1]).toBe(1);
    expect(await idsOf({})).toEqual([fourth]);
  });
};
