import type { Registry } from 'prom-client';

/** One for the process, like what it tells of. */
let registry: Promise<Registry> | null = null;

/** What Node says of the process: CPU, memory, garbage collection, delay of the event loop. Loaded when it is first asked for. */
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
