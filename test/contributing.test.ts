import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url).pathname;
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const page = read('CONTRIBUTING.md');

/** The text between a heading and the next one of its level or above. */
const sectionOf = (heading: string): string => {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const [, after = ''] = page.split(`\n${heading}\n`);
  return after.split(new RegExp(`\n#{1,${level}} `))[0] ?? '';
};

/** The cells of every table of a text, without their head lines. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/^\|(.*)\|$/gm)]
    .map(([, cells = '']) => cells.split('|').map((cell) => cell.trim()))
    .filter((cells, index, all) => !cells[0]?.startsWith('---') && !all[index + 1]?.[0]?.startsWith('---'));

const pathsIn = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:src|packages|schema|test|docs|bench)\/[\w./-]*\w|(?<=`)[\w.]+\.(?:md|example)(?=`)/g)].map(
      String,
    ),
  ),
];

const recipes = ['### Add a field', '### Add a mutation', '### Add a credential', '### Add a store'];
const sections = [
  ...['## Where is …', '## The walk of a request', '## Folders', ...recipes],
  ...['## How we write', '## Why each dependency is there'],
];

/** `name: ['a', 'b']` of the table in the architecture test, whichever way it is wrapped. */
const importsAllowed = (): Readonly<Record<string, readonly string[]>> => {
  const [, table = ''] = /const mayImport[^=]*= \{\n([\s\S]*?)\n\};/.exec(read('test/architecture.test.ts')) ?? [];
  const entries = table.split(/\n(?= {2}\S)/).map((entry) => {
    const [name = '', ...allowed] = [...entry.matchAll(/^ {2}'?([\w-]+)'?:|'([^']+)'/gm)].map(
      ([, key, value]) => key ?? value ?? '',
    );
    return [name, allowed] as const;
  });
  return Object.fromEntries(entries.filter(([name]) => name !== '}' && name !== ''));
};

/** The whole guard includes its core. */
const normalized = (folders: readonly string[]): readonly string[] =>
  folders.filter((folder) => folder !== 'guard/core' || !folders.includes('guard')).toSorted();

const packageJsons = ['package.json', ...globSync('packages/*/package.json', { cwd: root })];

describe('CONTRIBUTING.md', () => {
  it.each(sections)('names only files that exist in: %s', (heading) => {
    const paths = pathsIn(sectionOf(heading));
    expect(paths).not.toHaveLength(0);
    expect(paths.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
  });

  it('gives each folder the imports that test/architecture.test.ts allows', () => {
    const rows = rowsOf(sectionOf('## Folders')).filter((cells) => cells.length === 3);
    const stated = rows.map(([folder = '', , imports = '']) => [
      folder.replaceAll('`', '').replace('src/', ''),
      normalized(imports.split(', ').filter(Boolean)),
    ]);
    const allowed = Object.entries(importsAllowed()).map(([folder, imports]) => [folder, normalized(imports)]);
    expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(allowed));
  });

  it('says of each dependency why it is there, and of no other package', () => {
    const stated = rowsOf(sectionOf('## Why each dependency is there')).flatMap(([names = '']) => names.split(', '));
    const installed = packageJsons.flatMap((file) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file));
      return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    });
    expect(stated.toSorted()).toEqual([...new Set(installed)].toSorted());
  });
});
