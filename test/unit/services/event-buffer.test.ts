import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { type AuthEvent, serverActor, toEvent } from '../../../src/domain/event.ts';
import { createEventBuffer } from '../../../src/services/event-buffer.ts';

/** A buffer in front of a store that can be unavailable, or reject an event. */
const setUp = () => {
  const stored: string[] = [];
  const sizes: number[] = [];
  let isAvailable = true;
  let refused: string | null = null;
  let lost = 0;
  const errors: unknown[] = [];
  const buffer = createEventBuffer({
    append: async (events) => {
      await new Promise((resume) => setImmediate(resume));
      if (!isAvailable) throw new AppError('SERVICE_UNAVAILABLE');
      if (events.some(({ id }) => id === refused)) throw new TypeError('cannot be stored');
      stored.push(...events.map(({ id }) => id));
      sizes.push(events.length);
    },
    signals: {
      backgroundError: (error) => errors.push(error),
      eventsLost: (count) => {
        lost += count;
      },
    },
  });
  const add = (count: number): readonly string[] => {
    const events: readonly AuthEvent[] = Array.from({ length: count }, () =>
      toEvent({ type: 'role.changed', actor: serverActor }, randomUUID(), 0),
    );
    for (const event of events) buffer.add(event);
    return events.map(({ id }) => id);
  };
  return {
    ...{ buffer, add, stored, sizes, errors },
    lost: () => lost,
    setAvailable: (value: boolean) => {
      isAvailable = value;
    },
    refuse: (id: string | undefined) => {
      refused = id ?? null;
    },
  };
};

it('events are written automatically, in batches, in the order of recording', async () => {
  const { add, stored, sizes } = setUp();
  const ids = add(500);
  expect(stored).toEqual([]);
  await expect.poll(() => stored.length).toBe(500);
  expect(stored).toEqual(ids);
  expect(sizes).toEqual([200, 200, 100]);
});

it('a flush writes everything that was recorded before it, also while another write is running', async () => {
  const { buffer, add, stored } = setUp();
  add(10);
  const first = buffer.flush();
  add(10);
  expect(await buffer.flush()).toBe(true);
  expect(stored).toHaveLength(20);
  expect(await first).toBe(true);
  add(1);
  await buffer.flush();
  expect(stored).toHaveLength(21);
});

it('events stay in the buffer while the store is unavailable, and are written in order afterwards', async () => {
  const { buffer, add, stored, setAvailable, lost, errors } = setUp();
  setAvailable(false);
  const ids = [...add(300)];
  expect(await buffer.flush()).toBe(false);
  ids.push(...add(5));
  expect(errors).toHaveLength(1);
  setAvailable(true);
  await expect.poll(() => stored.length, { timeout: 5_000 }).toBe(305);
  expect(stored).toEqual(ids);
  expect(lost()).toBe(0);
});

it('while the store stays unavailable the buffer is bounded: the oldest events are dropped and counted', async () => {
  const { buffer, add, stored, setAvailable, lost } = setUp();
  setAvailable(false);
  const ids = add(25_000);
  await buffer.flush();
  expect(lost()).toBeGreaterThanOrEqual(15_000);
  setAvailable(true);
  await buffer.close();
  expect(stored.length + lost()).toBe(25_000);
  expect(stored).toEqual(ids.slice(-stored.length));
});

it('an event that the store rejects delays no other beyond its batch', async () => {
  const { buffer, add, stored, refuse, lost, errors } = setUp();
  refuse(add(200)[7]);
  add(50);
  await buffer.close();
  expect([stored.length, lost(), errors.length]).toEqual([50, 200, 1]);
});

it('closing writes the buffer once, and counts what could not be written instead of waiting for ever', async () => {
  const { buffer, add, stored, setAvailable, lost } = setUp();
  add(1_000);
  await buffer.close();
  expect([stored.length, lost()]).toEqual([1_000, 0]);
  setAvailable(false);
  add(3);
  await buffer.close();
  expect([stored.length, lost()]).toEqual([1_000, 3]);
});
