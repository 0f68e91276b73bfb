import { onTestFinished } from 'vitest';
import { type ConfiguredKeys, type CurrentKeys, generateKey, parseKeySet } from '../../../src/crypto/keys.ts';
import { type Actor, type EventDraft, serverActor } from '../../../src/domain/event.ts';
import { rotationTimes } from '../../../src/domain/signing-key.ts';
import { createKeyRing } from '../../../src/services/key-ring.ts';
import { sqlSigningKeyStore } from '../../../src/stores/sql/signing-key-store.ts';
import { sqliteFile } from '../../support/databases.ts';

export const minute = 60_000;
export const ttlSeconds = 900;
export const actor: Actor = serverActor;

export const keyFile = async (count = 1) => Promise.all(Array.from({ length: count }, () => generateKey('ES256')));
export const configuredWith = (...keys: readonly object[]): ConfiguredKeys => parseKeySet({ keys });

/** Instances of the server over one database, on a clock that stands until it is moved. */
export const setUp = async ({ periodMs = null }: { readonly periodMs?: number | null } = {}) => {
  const { connect, drop } = sqliteFile();
  onTestFinished(drop);
  const database = connect();
  await database.migrate();
  const store = sqlSigningKeyStore(database);
  const [root = {}] = await keyFile();
  const configured = configuredWith(root);
  const calls = { list: 0 };
  const times = rotationTimes(periodMs, ttlSeconds);
  let now = 1_000_000_000_000;

  const instance = (keys: ConfiguredKeys = configured, aheadMs = 0) => {
    const events: EventDraft[] = [];
    const switches: string[] = [];
    const sealed: (readonly string[])[] = [];
    const ring = createKeyRing({
      store: {
        ...store,
        list: () => {
          calls.list += 1;
          return store.list();
        },
      },
      configured: keys,
      times,
      clock: () => now + aheadMs,
      record: (event) => events.push(event),
      signals: { signingKeyChanged: (kid) => switches.push(kid), keysSealed: (kids) => sealed.push(kids) },
    });
    const purge = () => store.purgeExpired(500, now + aheadMs);
    const statesOf = () => Object.fromEntries(ring.list().map(({ kid, state }) => [kid, state]));
    return { ...ring, purge, statesOf, events, switches, sealed, clock: () => now + aheadMs };
  };
  const move = (ms: number) => {
    now += ms;
  };
  return { instance, move, store, database, root, configured, calls, times, now: () => now };
};

export const signs = ({ keys }: { readonly keys: CurrentKeys }) => keys.current.signing.kid;
