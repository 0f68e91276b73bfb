import type { Registry } from 'prom-client';

/** One for the process, whose metrics these are. */
let registry: Promise<Registry> | null = null;

/** Returns Node's metrics of the process: CPU, memory, garbage collection, event-loop delay. Loads prom-client at the first call. */
export const processMetrics = async (): Promise<string> => {
  registry ??= load();
  return (await registry).metrics();
};

const load = async (): Promise<Registry> => {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
};
