import { basename, dirname } from 'node:path';
import { ConfigError } from '../config/config.ts';
import { ConfigFileError, findConfigFile, importConfigFile, placeOfKey } from '../config/config-file.ts';
import { type Api, standardApi } from './api.ts';

/** Where the configuration is looked for: in the folder, unless a file is named. */
export type ApiLocation = { readonly folder: string; readonly named?: string | undefined };

/** Finds, loads and checks the configuration file. Resolves with `standardApi` if there is none. Rejects with one `ConfigError` that lists every problem. */
export const loadApi = async ({ folder, named }: ApiLocation): Promise<Api> => {
  try {
    const path = findConfigFile(folder, named);
    if (path === null) return standardApi;
    const found = await importConfigFile(path);
    // Loads graphql: a command without a configuration needs none.
    const { checkApi } = await import('./check-api.ts');
    const place = (problem: string): string => placed(problem, (key) => placeOfKey(found, key), basename(path));
    return { ...checkApi(found.value, dirname(path), place), file: path };
  } catch (error) {
    if (error instanceof ConfigFileError) throw new ConfigError([error.message]);
    throw error;
  }
};

const placed = (problem: string, placeOf: (key: string) => string, file: string): string => {
  const [, key] = /^(?:unknown key ")?([A-Za-z]+)/.exec(problem) ?? [];
  return `${key === undefined || problem.startsWith('default') ? file : placeOf(key)}: ${problem}`;
};
