import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export type SchemaFile = { readonly file: string; readonly text: string };

/** Reads the files that the patterns match, each once, sorted by pattern and name. A pattern that matches none is a problem. */
export const readSchemaFiles = (
  folder: string,
  patterns: readonly string[],
): { readonly files: readonly SchemaFile[]; readonly problems: readonly string[] } => {
  const names = new Set<string>();
  const problems = patterns.flatMap((pattern) => {
    const matching = matchingFiles(folder, pattern);
    for (const name of matching) names.add(name);
    return matching.length > 0 ? [] : [`schema: "${pattern}" matches no file in ${folder}.`];
  });
  return { files: [...names].map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') })), problems };
};

/** Folders in which nobody looks for a schema. */
const skipped = /^(?:node_modules|\..+)$/;

const matchingFiles = (folder: string, pattern: string): readonly string[] => {
  const cleaned = pattern.replace(/^(?:\.\/)+/, '');
  const fixed = cleaned.slice(0, cleaned.search(/[*?{[]|$/));
  const start = join(folder, fixed.slice(0, fixed.lastIndexOf('/') + 1));
  const expression = toExpression(cleaned);
  return filesBelow(start)
    .map((file) => relative(folder, file).split(sep).join('/'))
    .filter((file) => expression.test(file))
    .sort();
};

const filesBelow = (folder: string): readonly string[] => {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory());
    if (isFolder) return skipped.test(entry.name) ? [] : filesBelow(path);
    return [path];
  });
};

/** `**` stands for any folders, `*` and `?` for letters within a name, `{a,b}` for one of them. */
const toExpression = (pattern: string): RegExp => {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|[^*?{}]+|[{}]/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('{') && part.endsWith('}'))
      return `(?:${part.slice(1, -1).split(',').map(RegExp.escape).join('|')})`;
    return RegExp.escape(part);
  });
  return new RegExp(`^${source}$`);
};
