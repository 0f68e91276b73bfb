import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import type { Signals } from '../domain/signals.ts';
import type { KeyRing } from '../services/key-ring.ts';
import type { StorePorts } from '../stores/open.ts';

const sweepEveryMs = 10_000;
/** The most that is removed at once: in an embedded database nothing else is answered meanwhile. */
const batchSize = 250;
/** Between two batches of a backlog, so that requests take turns with them. */
const pauseMs = 10;
/** How often a session store takes over changes that it missed. */
const catchUpEveryMs = 1_000;
const catchUpLimit = 200;

type BackgroundJobsDeps = {
  readonly config: Config;
  readonly ports: StorePorts;
  readonly keyRing: Pick<KeyRing, 'poll'>;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

/** Starts what runs beside the requests. The returned function stops it and resolves when nothing is under way. */
export const startBackgroundJobs = (deps: BackgroundJobsDeps): (() => Promise<void>) => {
  const stopSweeping = startSweeping(deps);
  const stopFollowingKeys = startFollowingKeys(deps);
  const stopCatchingUp = startCatchingUp(deps);
  return async () => {
    await Promise.all([stopSweeping(), stopFollowingKeys(), stopCatchingUp()]);
  };
};

/** Removes expired records of every store, batch after batch until none is left. Stops after the batch that is under way. */
const startSweeping = ({ ports, clock, signals }: BackgroundJobsDeps): (() => Promise<void>) => {
  let isStopped = false;
  let sweeping: Promise<void> | null = null;

  const purge = async (port: Purgeable): Promise<void> => {
    while ((await port.purgeExpired(batchSize, clock())) >= batchSize && !isStopped) await setTimeout(pauseMs);
  };

  const sweep = async (): Promise<void> => {
    const purgeable = Object.values(ports).filter((port) => port !== null && 'purgeExpired' in port);
    await Promise.all(purgeable.map((port) => purge(port).catch(signals.backgroundError)));
    sweeping = null;
  };

  const timer = setInterval(() => {
    sweeping ??= sweep();
  }, sweepEveryMs).unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await sweeping;
  };
};

type Purgeable = { readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number> };

/** Takes over the signing keys of other instances, and rotates when it is due. */
const startFollowingKeys = ({ config, keyRing, signals }: BackgroundJobsDeps): (() => Promise<void>) =>
  repeat(() => keyRing.poll(), config.keyRotation.pollIntervalMs, signals);

/** Completes what a process that died or lost its session store has left half done. */
const startCatchingUp = ({ ports, signals }: BackgroundJobsDeps): (() => Promise<void>) => {
  const { catchUp } = ports.sessions;
  if (!catchUp) return async () => {};
  const takeOver = async (): Promise<void> => {
    while ((await catchUp(catchUpLimit)) === catchUpLimit);
  };
  return repeat(takeOver, catchUpEveryMs, signals);
};

/** One run at a time. */
const repeat = (
  work: () => Promise<void>,
  everyMs: number,
  signals: Pick<Signals, 'backgroundError'>,
): (() => Promise<void>) => {
  let running: Promise<void> | null = null;
  const run = (): void => {
    running ??= work()
      .catch(signals.backgroundError)
      .finally(() => {
        running = null;
      });
  };
  const timer = setInterval(run, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
};
