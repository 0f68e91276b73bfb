import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as GuardPackage from '@fieldgate/guard';
import type * as GuardForYoga from '@fieldgate/guard/yoga';

/** The checkout that is measured. */
export const ours = process.env['OURS'] ?? resolve(import.meta.dirname, '..');
const scheme = 'ours:';

registerHooks({
  resolve: (specifier, context, next) => {
    if (!specifier.startsWith(scheme)) return next(specifier, context);
    const [root = '', name = ''] = specifier.slice(scheme.length).split(' ').map(decodeURIComponent);
    return next(name, { ...context, parentURL: pathToFileURL(join(root, 'package.json')).href });
  },
});

/** Imports a package as the code of a checkout would: with its versions, which are not those of the peers. */
export const importFrom = (root: string, name: string) =>
  import(`${scheme}${encodeURIComponent(root)} ${encodeURIComponent(name)}`);

/** Imports a package as our own code would. */
export const importFromOurs = (name: string) => importFrom(ours, name);

export type Guard = typeof GuardPackage & typeof GuardForYoga;

/** Versions before the workspaces have one package: the guard is `fieldgate`, the server `fieldgate/server`. */
const hasWorkspaces = (root: string): boolean => existsSync(join(root, 'packages/guard'));

export const importGuard = async (root = ours): Promise<Guard> =>
  hasWorkspaces(root)
    ? { ...(await importFrom(root, '@fieldgate/guard')), ...(await importFrom(root, '@fieldgate/guard/yoga')) }
    : importFrom(root, 'fieldgate');

/** What the benchmarks use of the server in process, in every version. */
type CreateFieldgate = (env: Readonly<Record<string, string>>) => Promise<{
  readonly listener: RequestListener;
  readonly fetch: (request: Request, state?: { readonly ip?: string }) => Promise<Response>;
  readonly close: () => Promise<void>;
}>;

export const importCreateFieldgate = async (root = ours): Promise<CreateFieldgate> => {
  const { createFieldgate } = await importFrom(root, hasWorkspaces(root) ? 'fieldgate' : 'fieldgate/server');
  return (env) => createFieldgate(takesOptions(root) ? { env } : env);
};

/** Versions before an API of one's own take the variables alone. */
const takesOptions = (root: string): boolean => existsSync(join(root, 'src/boot/load-api.ts'));
