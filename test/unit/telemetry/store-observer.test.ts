import { expect, it } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { createMetrics } from '../../../src/telemetry/metrics/metrics.ts';
import { observeStores } from '../../../src/telemetry/store-observer.ts';

const setUp = ({ isMeasured = true } = {}) => {
  const calls: string[] = [];
  const outages: unknown[] = [];
  let now = 0;
  const storeCalls = (store: string, verb: string) => (seconds: number, isFailed: boolean) => {
    calls.push(`${store} ${verb} ${seconds} ${isFailed}`);
  };
  const cause = new Error('connection refused');
  const stores = {
    apiKeys: {
      find: async (id: string) => `key ${id}`,
      findNow: (id: string) => {
        now += 2_000;
        return `key ${id}`;
      },
      limit: 50,
    },
    loginAttempts: {
      find: async () => {
        throw new AppError('SERVICE_UNAVAILABLE', {}, undefined, { cause });
      },
      findNow: () => {
        throw new AppError('SERVICE_UNAVAILABLE', {}, undefined, { cause });
      },
      change: () => {
        throw new TypeError('a bug');
      },
    },
    rateCounters: null,
  };
  const observed = observeStores(stores, {
    ...{ metrics: isMeasured ? { ...createMetrics(), storeCalls } : null, tracing: null, monotonic: () => now },
    signals: { backgroundError: (error) => outages.push(error) },
  });
  return { observed, calls, outages, cause };
};

it('calls are measured under the name of their store in snake case, with and without a promise', async () => {
  const { observed, calls, outages } = setUp();
  expect(await observed.apiKeys.find('1')).toBe('key 1');
  expect(observed.apiKeys.findNow('2')).toBe('key 2');
  expect(calls).toEqual(['api_keys find 0 false', 'api_keys findNow 2 false']);
  expect([observed.apiKeys.limit, observed.rateCounters, outages]).toEqual([50, null, []]);
});

it('failed calls are measured too', async () => {
  const { observed, calls } = setUp();
  await expect(observed.loginAttempts.find()).rejects.toThrow(AppError);
  expect(() => observed.loginAttempts.change()).toThrow('a bug');
  expect(calls).toEqual(['login_attempts find 0 true', 'login_attempts change 0 true']);
});

it.each([true, false])(
  'an outage is reported with its cause, a bug is not, and the caller gets both (calls are measured: %s)',
  async (isMeasured) => {
    const { observed, outages, cause } = setUp({ isMeasured });
    expect([await observed.apiKeys.find('1'), observed.apiKeys.findNow('2')]).toEqual(['key 1', 'key 2']);
    expect(() => observed.loginAttempts.change()).toThrow('a bug');
    expect(outages).toEqual([]);
    await expect(observed.loginAttempts.find()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(() => observed.loginAttempts.findNow()).toThrow(expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }));
    expect(outages).toEqual([cause, cause]);
  },
);
