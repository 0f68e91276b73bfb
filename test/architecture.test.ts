import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionsIn, importsIn, withoutComments } from './support/source-code.ts';

const root = new URL('..', import.meta.url).pathname;

/** The entry points: the package and the two processes. Only they may import every folder, and nothing else is at the root. */
const faces = ['cli.ts', 'index.ts', 'main.ts'];

/** Which folders each folder may import, beside itself. `guard` is the package, `guard/core` its part that does not load graphql. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: ['guard/core'],
  crypto: ['domain', 'guard/core'],
  stores: ['domain', 'guard/core'],
  'identity-providers': ['domain', 'crypto'],
  services: ['domain', 'crypto', 'stores', 'identity-providers', 'guard/core'],
  graphql: ['guard', 'guard/core', 'domain', 'services'],
  http: ['guard', 'guard/core', 'domain', 'services', 'graphql'],
  graphiql: [],
  config: ['domain'],
  telemetry: ['domain'],
  boot: [
    ...['guard', 'guard/core', 'domain', 'crypto', 'stores', 'identity-providers', 'services'],
    ...['graphql', 'http', 'config', 'telemetry'],
  ],
  cli: ['boot', 'config', 'telemetry', 'domain', 'services', 'guard/core'],
};

/** Each dangerous thing is used in one place. */
const doors: readonly { readonly what: string; readonly pattern: RegExp; readonly places: readonly string[] }[] = [
  { what: 'the environment', pattern: /process\.env/, places: faces },
  { what: 'the clock', pattern: /Date\.now|new Date\(\)|performance\.now/, places: [...faces, 'boot/'] },
  { what: 'jsonwebtoken', pattern: /['"]jsonwebtoken['"]/, places: ['crypto/'] },
  { what: 'argon2', pattern: /['"]@node-rs\/argon2['"]/, places: ['crypto/'] },
  { what: 'randomness', pattern: /Math\.random|randomBytes|randomUUID|getRandomValues/, places: ['crypto/'] },
  { what: 'SQL', pattern: /['"](?:kysely|pg|node:sqlite)['"]/, places: ['stores/sql/'] },
  { what: 'Redis', pattern: /['"]ioredis['"]/, places: ['stores/redis/'] },
  { what: 'openid-client', pattern: /['"]openid-client['"]/, places: ['identity-providers/'] },
  { what: 'sonic-boom', pattern: /['"]sonic-boom['"]/, places: ['telemetry/log-sink.ts'] },
  { what: 'prom-client', pattern: /['"]prom-client['"]/, places: ['telemetry/metrics/'] },
  { what: 'OpenTelemetry', pattern: /['"]@opentelemetry\//, places: ['telemetry/tracing/'] },
  { what: 'commander', pattern: /['"]commander['"]/, places: ['cli/'] },
  { what: 'the graphql package', pattern: /from 'graphql'/, places: ['graphql/'] },
];

type SourceFile = { readonly file: string; readonly text: string };

const sourcesIn = (folder: string): readonly SourceFile[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated/'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(root, folder, file), 'utf8') }));

const files = sourcesIn('src');
const packages = readdirSync(join(root, 'packages')).map((name) => ({
  name,
  manifest: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
  files: sourcesIn(`packages/${name}/src`),
}));
const all = [
  ...files.map(({ file, text }) => ({ file: `src/${file}`, text })),
  ...packages.flatMap((each) =>
    each.files.map(({ file, text }) => ({ file: `packages/${each.name}/src/${file}`, text })),
  ),
];

/** A path below the folder of the sources; out of it where that begins with `..`. */
const resolve = (file: string, specifier: string): string => relative('.', join('.', dirname(file), specifier));

const localImports = ({ file, text }: SourceFile): readonly string[] =>
  importsIn(text)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => resolve(file, specifier));

/** The folder a file belongs to; for an import of the guard package, its part. */
const folderOf = (path: string): string => path.split('/')[0] ?? '';

const foldersImported = (source: SourceFile): readonly string[] => [
  ...localImports(source).map((path) => (faces.includes(path) ? path : folderOf(path))),
  ...importsIn(source.text).flatMap(
    ({ specifier }) => /^@fieldgate\/(guard(?:\/core)?)(?:\/|$)/.exec(specifier)?.[1] ?? [],
  ),
];

describe('the folders of the server', () => {
  it('are those of the table, and only the entry points are beside them', () => {
    const atRoot = readdirSync(join(root, 'src'), { withFileTypes: true });
    expect(atRoot.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(faces);
    expect(atRoot.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))).toEqual(Object.keys(mayImport).sort());
  });

  it.each(files.filter(({ file }) => !faces.includes(file)))('$file imports only what its folder may', (source) => {
    const folder = folderOf(source.file);
    const allowed = [folder, ...(mayImport[folder] ?? [])];
    expect(foldersImported(source).filter((imported) => !allowed.includes(imported))).toEqual([]);
  });

  it.each(doors)('use $what only in $places', ({ pattern, places }) => {
    const users = files.filter(({ text }) => pattern.test(withoutComments(text))).map(({ file }) => file);
    expect(users.filter((file) => !places.some((place) => file.startsWith(place)))).toEqual([]);
  });

  it('let services see the ports of stores and identity providers, never their adapters', () => {
    const isAdapter = (path: string): boolean =>
      /^(?:stores|identity-providers)\//.test(path) &&
      !path.startsWith('stores/ports/') &&
      path !== 'identity-providers/identity-provider.ts';
    const services = files.filter(({ file }) => folderOf(file) === 'services');
    expect(services.flatMap((source) => localImports(source).filter(isAdapter))).toEqual([]);
  });
});

describe.each(packages)('the package $name', ({ files: sources, manifest }) => {
  const installed = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})];
  const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

  it('imports only its own files and the packages that are installed with it: nothing of the server, nothing of Node', () => {
    const outside = sources.flatMap((source) => [
      ...localImports(source).filter((path) => path.startsWith('..')),
      ...importsIn(source.text)
        .map(({ specifier }) => specifier)
        .filter((specifier) => !specifier.startsWith('.'))
        .filter((specifier) => isBuiltin(specifier) || !installed.includes(packageOf(specifier))),
    ]);
    expect(outside).toEqual([]);
  });

  it('runs without Node', () => {
    const users = sources.filter(({ text }) =>
      /\b(?:process|Buffer|__dirname|require)\b[.(]/.test(withoutComments(text)),
    );
    expect(users.map(({ file }) => file)).toEqual([]);
  });
});

it('@fieldgate/guard/core loads no graphql', () => {
  const guard = new Map(packages.find(({ name }) => name === 'guard')?.files.map((source) => [source.file, source]));
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { specifier, isTypeOnly } of importsIn(guard.get(file)?.text ?? '')) {
      if (!isTypeOnly) load(specifier.startsWith('.') ? resolve(file, specifier) : specifier);
    }
  };
  load('core.ts');
  expect(loaded.size).toBeGreaterThan(3);
  expect([...loaded].filter((name) => name.includes('graphql'))).toEqual([]);
});

describe('the source code', () => {
  it('has no import cycle', () => {
    const graph = new Map(all.map((source) => [source.file, localImports(source)]));
    const done = new Set<string>();
    const findCycle = (file: string, path: readonly string[]): readonly string[] | null => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return null;
      for (const next of graph.get(file) ?? []) {
        const cycle = findCycle(next, [...path, file]);
        if (cycle) return cycle;
      }
      done.add(file);
      return null;
    };
    expect(all.map(({ file }) => findCycle(file, [])).find(Boolean) ?? null).toBeNull();
  });

  it('exports names one by one: no star, no default', () => {
    const offenders = all.filter(({ text }) => /^export \*|^export default/m.test(text));
    expect(offenders.map(({ file }) => file)).toEqual([]);
  });

  it('has no file over 250 lines', () => {
    const lengths = all.map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 250)).toEqual([]);
  });

  it('has no function over 40 lines', () => {
    const long = all.flatMap(({ file, text }) =>
      functionsIn(text)
        .filter(({ lines }) => lines > 40)
        .map(({ name, lines }) => `${file} ${name}: ${lines}`),
    );
    expect(long).toEqual([]);
  });
});
