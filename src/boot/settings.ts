import { type Config, ConfigError, parseConfig } from '../config/config.ts';
import type { Variables } from '../config/variables.ts';
import type { Api } from './api.ts';

/** Reads the variables and the user's API. Rejects with one `ConfigError` that lists what is wrong with either. */
export const readSettings = async (
  env: Variables,
  loadApi: () => Api | Promise<Api>,
): Promise<{ readonly config: Config; readonly api: Api }> => {
  const problems: string[] = [];
  const collect = (error: unknown): null => {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  };
  const config = readConfig(env, collect);
  const api = await Promise.resolve().then(loadApi).catch(collect);
  if (config === null || api === null) throw new ConfigError(problems);
  return { config, api };
};

const readConfig = (env: Variables, collect: (error: unknown) => null): Config | null => {
  try {
    return parseConfig(env);
  } catch (error) {
    return collect(error);
  }
};
