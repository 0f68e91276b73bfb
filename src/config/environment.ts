import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Variables } from './variables.ts';

/** Returns the variables of the process, completed by those of `.env` in the working directory unless in production. */
export const readEnvironment = (processEnv: Variables): Variables =>
  processEnv['NODE_ENV'] === 'production' ? processEnv : { ...readEnvFile(), ...processEnv };

const readEnvFile = (): Variables => {
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch {
    return {};
  }
};
