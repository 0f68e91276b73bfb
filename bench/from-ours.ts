import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The checkout that is measured. */
const root = process.env['OURS'] ?? resolve(import.meta.dirname, '..');
const parentURL = pathToFileURL(join(root, 'package.json')).href;
const scheme = 'ours:';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith(scheme)
      ? next(specifier.slice(scheme.length), { ...context, parentURL })
      : next(specifier, context),
});

/** Imports a package as our own code would: with our versions, which are not those of the peers. */
export const importFromOurs = (specifier: string) => import(`${scheme}${specifier}`);
