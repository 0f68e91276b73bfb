/** From what a server runs (`dist/`) back to what was written: files, lines, folders and the imports between them. */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A compiled file of a checkout, and the TypeScript it was compiled from. */
export type Source = {
  /** Relative to the checkout: `src/http/router.ts`. */
  readonly file: string;
  readonly folder: string;
  readonly lines: number;
  /** The zero-based line and column of a character in the compiled file. */
  readonly placeOf: (offset: number) => Place;
  /** The line in the TypeScript file, from 1. */
  readonly lineOf: (place: Place) => number;
};

export type OwnFunction = {
  /** Script and place, as the debugger names a function too. */
  readonly id: string;
  readonly source: Source;
  readonly scriptId: string;
  readonly name: string;
  readonly start: Place;
  readonly end: Place;
  /** In the TypeScript file. */
  readonly line: number;
  readonly lines: number;
};

/** Null for what was not compiled from the checkout. */
export type ReadSource = (url: string) => Source | null;

export type Place = { readonly lineNumber: number; readonly columnNumber: number };

const compiled = /^(?<folder>(?:packages\/[^/]+\/)?)dist\/(?<name>.+)\.js$/;

/** Reads compiled files of a checkout by their URL, each once. */
export const openSources = (root: string): ReadSource => {
  const known = new Map<string, Source | null>();
  return (url) => {
    const source = known.get(url) ?? readSource(root, url);
    known.set(url, source);
    return source;
  };
};

const readSource = (root: string, url: string): Source | null => {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return null;
  const path = fileURLToPath(url);
  const { folder, name } = compiled.exec(relative(root, path))?.groups ?? {};
  if (folder === undefined || name === undefined) return null;
  const file = `${folder}src/${name}.ts`;
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')));
  const starts = lineStarts(readFileSync(path, 'utf8'));
  return {
    file,
    folder: folderOf(file),
    lines: lineStarts(readFileSync(join(root, file), 'utf8')).length - 1,
    placeOf: (offset) => {
      const lineNumber = starts.findLastIndex((start) => start <= offset);
      return { lineNumber, columnNumber: offset - (starts[lineNumber] ?? 0) };
    },
    lineOf: ({ lineNumber, columnNumber }) => {
      const entry = map.findEntry(lineNumber, columnNumber);
      return 'originalLine' in entry ? entry.originalLine + 1 : Number.NaN;
    },
  };
};

const lineStarts = (text: string): readonly number[] => [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];

/** The folder that decides what a file may import: `http`, `guard`; `root` for files at the root of src. */
export const folderOf = (file: string): string => {
  const [first = '', second = '', ...rest] = file.split('/');
  if (first === 'packages') return second;
  return rest.length > 0 ? second : 'root';
};

/** Which folder imports which, types included, as pairs `from to`. */
export const readRoomImports = (root: string): ReadonlySet<string> => {
  const pairs = new Set<string>();
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const from = join('src', file);
    for (const [, specifier = ''] of readFileSync(join(root, from), 'utf8').matchAll(/(?:from |import\()'([^']+)'/g)) {
      const to = specifier.startsWith('.')
        ? folderOf(relative(root, resolve(root, from, '..', specifier)))
        : /^@fieldgate\/([^/]+)/.exec(specifier)?.[1];
      if (to !== undefined) pairs.add(`${folderOf(from)} ${to}`);
    }
  }
  return pairs;
};
