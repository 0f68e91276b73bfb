import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = new URL('../src/', import.meta.url).pathname;

/**
 * Which folders each folder may import; itself goes without saying. `index.ts`, `main.ts` and `cli.ts` at the root are the faces:
 * they may import all. `guard` is the package, `guard/core` the part of it that does not load graphql.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: ['guard/core'],
  crypto: ['domain', 'guard/core'],
  stores: ['domain', 'guard/core'],
  'identity-providers': ['domain', 'crypto'],
  services: ['domain', 'crypto', 'stores', 'identity-providers', 'guard/core'],
  graphql: ['guard', 'domain', 'services'],
  http: ['guard', 'domain', 'services', 'graphql'],
  graphiql: [],
  config: ['domain'],
  telemetry: ['domain'],
  boot: [
    ...['guard', 'domain', 'crypto', 'stores', 'identity-providers', 'services'],
    ...['graphql', 'http', 'config', 'telemetry'],
  ],
  cli: ['boot', 'config', 'telemetry', 'domain', 'services', 'guard/core'],
};

/** Each dangerous thing is behind one door. */
const doors: readonly { readonly what: string; readonly pattern: RegExp; readonly rooms: readonly string[] }[] = [
  { what: 'the environment', pattern: /process\.env/, rooms: ['root', 'config/environment.ts'] },
  { what: 'the wall clock', pattern: /Date\.now|new Date\(\)|performance\.now/, rooms: ['root', 'boot'] },
  { what: 'jsonwebtoken', pattern: /from 'jsonwebtoken'/, rooms: ['crypto'] },
  { what: 'argon2', pattern: /from '@node-rs\/argon2'/, rooms: ['crypto'] },
  { what: 'randomness', pattern: /Math\.random|randomBytes|randomUUID|getRandomValues/, rooms: ['crypto'] },
  { what: 'SQL', pattern: /from '(?:kysely|pg|node:sqlite)/, rooms: ['stores/sql'] },
  { what: 'openid-client', pattern: /from 'openid-client'/, rooms: ['identity-providers'] },
  { what: 'Redis', pattern: /from 'ioredis'/, rooms: ['stores/redis'] },
  { what: 'prom-client', pattern: /['"]prom-client['"]/, rooms: ['telemetry/metrics'] },
  { what: 'OpenTelemetry', pattern: /['"]@opentelemetry\//, rooms: ['telemetry/tracing'] },
  { what: 'the graphql package', pattern: /from 'graphql'/, rooms: ['graphql'] },
];

type Import = { readonly specifier: string; readonly typeOnly: boolean };

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.includes('generated/'))
  .map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));

const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : 'root');

const importsOf = (text: string): readonly Import[] =>
  [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/gm)].map((match) => ({
    specifier: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
  }));

const target = (file: string, specifier: string): string => relative(source, join(source, dirname(file), specifier));

const localImports = (file: string, text: string): readonly string[] =>
  importsOf(text)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => target(file, specifier));

describe('the house', () => {
  it.each(files)('$file imports only from the rooms its own may know', ({ file, text }) => {
    const allowed = mayImport[roomOf(file)];
    if (!allowed) return;
    const strangers = localImports(file, text).filter(
      (to) => roomOf(to) !== roomOf(file) && !allowed.includes(roomOf(to)),
    );
    expect(strangers).toEqual([]);
  });

  it('has a rule for every room', () => {
    const rooms = new Set(files.map(({ file }) => roomOf(file)));
    expect([...rooms].filter((room) => room !== 'root' && !(room in mayImport))).toEqual([]);
  });

  it.each(doors)('lets only $rooms touch $what', ({ pattern, rooms }) => {
    const outside = files.filter(({ text, file }) => {
      const inside = rooms.some((room) => (room === 'root' ? roomOf(file) === 'root' : file.startsWith(`${room}/`)));
      return !inside && pattern.test(text);
    });
    expect(outside.map(({ file }) => file)).toEqual([]);
  });

  it('lets services see the ports of stores and identity providers, never their adapters', () => {
    const ofPort = (to: string): boolean =>
      /^stores\/[^/]+$/.test(to) ||
      to === 'identity-providers/identity-provider.ts' ||
      !/^(?:stores|identity)/.test(to);
    const adapters = files
      .filter(({ file }) => roomOf(file) === 'services')
      .flatMap(({ file, text }) => localImports(file, text).filter((to) => !ofPort(to)));
    expect(adapters).toEqual([]);
  });

  it('has no import cycle', () => {
    const graph = new Map(files.map(({ file, text }) => [file, localImports(file, text)]));
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
    expect(files.map(({ file }) => findCycle(file, [])).find(Boolean) ?? null).toBeNull();
  });

  it('exports names one by one: no star, no default', () => {
    const offenders = files.filter(({ text }) => /^export \*|^export default/m.test(text));
    expect(offenders.map(({ file }) => file)).toEqual([]);
  });

  it('keeps files short enough to read at one sitting', () => {
    const long = files
      .map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });
});
