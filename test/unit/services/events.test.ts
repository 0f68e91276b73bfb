import { expect, it, onTestFinished } from 'vitest';
import { createOrderedIds } from '../../../src/crypto/identifiers.ts';
import { serverActor } from '../../../src/domain/event.ts';
import { silentSignals } from '../../../src/domain/signals.ts';
import { createEvents } from '../../../src/services/events.ts';
import { sqlEventStore } from '../../../src/stores/sql/event-store.ts';
import { sqliteFile } from '../../support/databases.ts';

const setUp = async (eventRecorded: () => void = () => {}) => {
  const { connect, drop } = sqliteFile();
  onTestFinished(drop);
  const database = connect();
  await database.migrate();
  let now = 1_000_000;
  const newId = createOrderedIds();
  const errors: unknown[] = [];
  const store = sqlEventStore(database, { retentionMs: 60_000 });
  const events = createEvents({
    events: store,
    clock: () => now,
    createId: () => newId(now),
    signals: { ...silentSignals, eventRecorded, backgroundError: (error) => errors.push(error) },
  });
  const types = async () => (await events.search({}, { first: 100 })).events.map(({ type }) => type);
  return {
    ...{ events, types, errors },
    purge: (limit: number) => store.purgeExpired(limit, now),
    advance: (ms: number) => {
      now += ms;
    },
  };
};

it('events are kept for as long as configured, and then removed a few at a time', async () => {
  const { events, types, purge, advance } = await setUp();
  for (const type of ['user.signed_up', 'role.changed', 'user.disabled'] as const) {
    events.record({ type, actor: serverActor });
    advance(20_000);
  }
  await events.close();
  expect(await purge(10)).toBe(0);
  advance(20_000);
  expect(await purge(1)).toBe(1);
  expect(await purge(10)).toBe(0);
  expect(await types()).toEqual(['user.disabled', 'role.changed']);
});

it('an event that every request can cause is logged and not stored', async () => {
  const { events, types } = await setUp();
  for (const type of ['token.refreshed', 'access.refused', 'user.login_refused', 'user.login_failed'] as const) {
    events.record({ type, actor: serverActor });
  }
  expect(await types()).toEqual(['user.login_failed']);
});

it('recording never throws, even if the log line fails, and the row is written', async () => {
  const { events, types, errors } = await setUp(() => {
    throw new Error('the log is broken');
  });
  events.record({ type: 'user.signed_up', actor: serverActor });
  expect(errors).toHaveLength(1);
  expect(await types()).toEqual(['user.signed_up']);
});
