import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** The environment, with `.env` of the working directory behind it outside production. */
export const readEnvironment = (): Record<string, string | undefined> =>
  process.env['NODE_ENV'] === 'production' ? process.env : { ...readEnvFile(), ...process.env };

const readEnvFile = (): Record<string, string | undefined> => {
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch {
    return {};
  }
};
