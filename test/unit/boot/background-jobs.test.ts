import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { startBackgroundJobs } from '../../../src/boot/background-jobs.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { openSqlStores } from '../../../src/stores/sql/stores.ts';
import { createMetrics } from '../../../src/telemetry/metrics/metrics.ts';
import { observeStores } from '../../../src/telemetry/store-observer.ts';
import { sqliteFile } from '../../support/databases.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => vi.useRealTimers());

const setUp = async () => {
  const { connect, drop } = sqliteFile();
  onTestFinished(drop);
  const database = connect();
  const lifetimes = { idleMs: 1_000, absoluteMs: 1_000, reuseWindowMs: 0 };
  const stores = await openSqlStores(database, {
    lifetimes,
    eventRetentionMs: 1_000,
    apiKeyRetentionMs: 1_000,
    clock: Date.now,
  });
  const calls: string[] = [];
  const errors: unknown[] = [];
  const signals = { backgroundError: (error: unknown) => errors.push(error) };
  const metrics = {
    ...createMetrics(),
    storeCalls: (store: string, verb: string) => () => calls.push(`${store}.${verb}`),
  };
  const ports = observeStores(stores, { metrics, tracing: null, signals, monotonic: () => 0 });
  const poll = vi.fn(async () => {});
  const config = parseConfig({});
  const stop = startBackgroundJobs({ config, ports, keyRing: { poll }, clock: Date.now, signals });
  return { database, calls, errors, poll, stop };
};

it('a sweep purges every store whose records expire, and no other', async () => {
  const { database, calls, errors, stop } = await setUp();
  await database.migrate();
  vi.advanceTimersByTime(10_000);
  await stop();
  const expiring = [
    'api_keys',
    'events',
    'identity_flows',
    'login_attempts',
    'service_clients',
    'sessions',
    'signing_keys',
  ];
  await expect.poll(() => [...calls].sort()).toEqual(expiring.map((store) => `${store}.purgeExpired`));
  expect(errors).toEqual([]);
});

it('a store that fails is reported and keeps no other from being swept', async () => {
  const { calls, errors, stop } = await setUp();
  vi.advanceTimersByTime(10_000);
  await stop();
  await expect.poll(() => [calls.length, errors.length]).toEqual([7, 7]);
});

it('stopping waits for the keys that are being read, and nothing runs afterwards', async () => {
  const { calls, poll, stop } = await setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  poll.mockReturnValueOnce(promise);
  vi.advanceTimersByTime(1_000);
  const stopped = vi.fn();
  const stopping = stop().then(stopped);
  await new Promise((resume) => setTimeout(resume, 20));
  expect(stopped).not.toHaveBeenCalled();
  resolve();
  await stopping;
  vi.advanceTimersByTime(60_000);
  expect([poll.mock.calls.length, calls]).toEqual([1, []]);
});
