import { AppError } from '../domain/errors.ts';
import { type Instrument, instrumentStore, onSettled } from '../stores/instrument.ts';
import type { Stores } from '../stores/open.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Tracing } from './tracing/tracing.ts';

type Observers = {
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
  /** Told whenever a store could not answer, with what was underneath. */
  readonly onTrouble: (error: unknown) => void;
  /** A clock that is never set, in milliseconds. */
  readonly now: () => number;
};

/** The same stores, whose calls are measured and traced and whose outages are told of. */
export const observeStores = (stores: Stores, { metrics, tracing, onTrouble, now }: Observers): Stores => {
  const around: Instrument = (store, verb) => {
    const count = metrics?.storeCalls(store, verb);
    const begin = tracing?.storeCalls(store, verb);
    return (call) => {
      const startedAt = count ? now() : 0;
      const end = begin ? begin() : null;
      return onSettled(call, (error) => {
        const isOutage = error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
        if (isOutage) onTrouble(error.cause ?? error);
        count?.((now() - startedAt) / 1000, error !== null);
        end?.(error);
      });
    };
  };
  const observed: Ports = {
    accounts: instrumentStore('accounts', stores.accounts, around),
    sessions: instrumentStore('sessions', stores.sessions, around),
    apiKeys: instrumentStore('api_keys', stores.apiKeys, around),
    serviceClients: instrumentStore('service_clients', stores.serviceClients, around),
    signingKeys: instrumentStore('signing_keys', stores.signingKeys, around),
    events: instrumentStore('events', stores.events, around),
    loginAttempts: instrumentStore('login_attempts', stores.loginAttempts, around),
    identities: instrumentStore('identities', stores.identities, around),
    identityFlows: instrumentStore('identity_flows', stores.identityFlows, around),
    rateCounters: stores.rateCounters && instrumentStore('rate_counters', stores.rateCounters, around),
  };
  return { ...stores, ...observed };
};

/** Every store there is, so that none is forgotten here. */
type Ports = Omit<Stores, 'migrate' | 'pendingMigrations' | 'newestRecordAt' | 'checkServers' | 'pings' | 'close'>;
