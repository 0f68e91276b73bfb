import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import type { Signals } from '../domain/signals.ts';
import type { KeyRing } from '../services/key-ring.ts';
import type { StorePorts } from '../stores/open.ts';

const sweepEveryMs = 10_000;
/** The most that one sweep removes from one store. */
const sweepLimit = 500;
/** How long a session store may not know of a change that it was not told of. */
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
    stopSweeping();
    await Promise.all([stopFollowingKeys(), stopCatchingUp()]);
  };
};

/** Removes expired records of every store, a few at a time. */
const startSweeping = ({ ports, clock, signals }: BackgroundJobsDeps): (() => void) => {
  const sweep = (): void => {
    for (const port of Object.values(ports)) {
      if (port === null || !('purgeExpired' in port)) continue;
      port.purgeExpired(sweepLimit, clock()).catch(signals.backgroundError);
    }
  };
  const timer = setInterval(sweep, sweepEveryMs).unref();
  return () => clearInterval(timer);
};

/** Takes over the signing keys of other instances, and rotates when it is due. */
const startFollowingKeys = ({ config, keyRing, signals }: BackgroundJobsDeps): (() => Promise<void>) =>
  repeat(() => keyRing.poll(), config.keyRotation.pollIntervalMs, signals);

/** Completes, from the start on, what a process that died or lost its session store has left half done. */
const startCatchingUp = ({ ports, signals }: BackgroundJobsDeps): (() => Promise<void>) => {
  const { catchUp } = ports.sessions;
  if (!catchUp) return async () => {};
  const takeOver = async (): Promise<void> => {
    while ((await catchUp(catchUpLimit)) === catchUpLimit);
  };
  takeOver().catch(signals.backgroundError);
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
