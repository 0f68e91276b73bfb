import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const extensions = ['ts', 'mts', 'js', 'mjs'] as const;

/** The value that a configuration file exports, and the file. */
export type ConfigFile = { readonly file: string; readonly value: unknown; readonly text: string };

/** A file that cannot be used, in one line: file, line, what is wrong, how to mend it. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

/** Returns the path of the configuration: the named one, else fieldgate.config.{ts,mts,js,mjs} of the folder; null if there is none. */
export const findConfigFile = (folder: string, named?: string): string | null => {
  if (named !== undefined) {
    const file = resolve(folder, named);
    if (existsSync(file)) return file;
    throw new ConfigFileError(`--config: there is no file ${named} in ${folder}.`);
  }
  const found = extensions
    .map((extension) => join(folder, `fieldgate.config.${extension}`))
    .filter((file) => existsSync(file));
  const [first, second] = found;
  if (first !== undefined && second !== undefined) {
    throw new ConfigFileError(
      `${basename(first)} and ${basename(second)} are both there. Remove one, or name it with --config.`,
    );
  }
  return first ?? null;
};

/** Loads a configuration by Node's own `import()`, once per process. Rejects with `ConfigFileError`. */
export const importConfigFile = async (file: string): Promise<ConfigFile> => {
  const name = basename(file);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new ConfigFileError(explainImport(error, file));
  }
  const value = module['default'];
  if (value === undefined) {
    throw new ConfigFileError(`${name}: no default export. Write export default defineConfig({}).`);
  }
  return { file, value, text: readFileSync(file, 'utf8') };
};

type ImportError = { readonly code: string; readonly message: string; readonly stack: string };

const toImportError = (error: unknown): ImportError => ({
  code: error instanceof Error && 'code' in error ? String(error.code) : '',
  message: error instanceof Error ? error.message : String(error),
  stack: error instanceof Error ? (error.stack ?? '') : '',
});

const explainImport = (error: unknown, file: string): string => {
  const found = toImportError(error);
  const folder = dirname(file);
  const place = placeIn(found.stack, folder) ?? basename(file);
  const { code, message } = found;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return `${place}: ${explainTypeScript(message)}`;
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') return `${place}: Syntax Error: ${message}.`;
  if (code === 'ERR_MODULE_NOT_FOUND') return explainNotFound(message, folder);
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') return explainExtension(message, folder);
  if (/outside a module|Unexpected token 'export'|Cannot use import statement/.test(message)) {
    return `${place}: Node takes this file for CommonJS. Set "type": "module" in package.json.`;
  }
  const [, specifier = '', missing = ''] = /module '(.+)' does not provide an export named '(.+)'/.exec(message) ?? [];
  if (missing !== '') {
    return `${place}: "${specifier}" exports no value ${missing}. If it is a type, write import type { ${missing} }.`;
  }
  return `${place}: could not be loaded: ${message}`;
};

const explainTypeScript = (message: string): string => {
  const [, syntax = 'this syntax'] = /^TypeScript (.+?) is not supported/.exec(message) ?? [];
  const remedy =
    {
      enum: "Use a union of texts: type State = 'OPEN' | 'CLOSED'.",
      'parameter property': 'Declare the field and assign it in the constructor.',
    }[syntax] ?? 'Use syntax that disappears when types are removed (erasableSyntaxOnly in tsconfig.json).';
  return `Node cannot strip TypeScript's ${syntax}. ${remedy}`;
};

/** Node names what it looked for and who asked, and no line. */
const explainNotFound = (message: string, folder: string): string => {
  const [, kind = '', wanted = '', importer = ''] = /^Cannot find (\w+) '(.+)' imported from (.+)$/.exec(message) ?? [];
  const place = importer === '' ? 'import' : placeOfImport(importer, wanted, folder);
  if (kind === 'package') {
    return /^[@~]\//.test(wanted)
      ? `${place}: imports "${wanted}": Node knows no such alias. Use a relative path, or "imports" in package.json ("#name").`
      : `${place}: imports "${wanted}", which is not installed. Run npm install ${wanted}.`;
  }
  const found = extensions.map((extension) => `${wanted}.${extension}`).find((file) => existsSync(file));
  const index = extensions.map((extension) => join(wanted, `index.${extension}`)).find((file) => existsSync(file));
  const asJs = wanted.replace(/\.js$/, '.ts');
  const meant = found ?? index ?? (asJs !== wanted && existsSync(asJs) ? asJs : undefined);
  const shown = shownImport(wanted, importer);
  return meant === undefined
    ? `${place}: imports "${shown}", and there is no such file.`
    : `${place}: imports "${shown}": Node needs "${shownImport(meant, importer)}".`;
};

const explainExtension = (message: string, folder: string): string => {
  const [, extension = '', wanted = ''] = /^Unknown file extension "(.*)" for (.+)$/.exec(message) ?? [];
  const remedy = extension === '.graphql' ? 'Name SDL files in "schema".' : 'Import .ts or .js files only.';
  return `${relative(folder, wanted)}: Node cannot import "${extension}" files. ${remedy}`;
};

/** As it is written in an import. */
const shownImport = (file: string, importer: string): string => {
  const path = relative(dirname(importer), file);
  return path.startsWith('.') ? path : `./${path}`;
};

const placeOfImport = (importer: string, wanted: string, folder: string): string => {
  const name = relative(folder, importer);
  const lines = existsSync(importer) ? readFileSync(importer, 'utf8').split('\n') : [];
  const end = basename(wanted, extname(wanted));
  const line = lines.findIndex((text) => /\b(?:import|from)\b/.test(text) && text.includes(end));
  return line < 0 ? name : `${name}:${line + 1}`;
};

/** `file:line:column` from the head of a stack, else from its first frame outside of packages. */
const placeIn = (stack: string, folder: string): string | null => {
  const lines = stack.split('\n');
  const head = /^(file:\/\/\S+|\/\S+):(\d+)$/.exec(lines[0] ?? '');
  if (head) {
    const caret = lines.slice(1, 5).find((line) => /^\s*\^+\s*$/.test(line));
    const column = caret === undefined ? '' : `:${caret.indexOf('^') + 1}`;
    return `${shownPath(head[1] ?? '', folder)}:${head[2]}${column}`;
  }
  const frame = lines
    .map((line) => /(file:\/\/[^\s)]+):(\d+):(\d+)\)?$/.exec(line))
    .find((match) => match && !match[1]?.includes('/node_modules/'));
  return frame ? `${shownPath(frame[1] ?? '', folder)}:${frame[2]}:${frame[3]}` : null;
};

const shownPath = (place: string, folder: string): string => {
  const path = place.startsWith('file:') ? fileURLToPath(place) : place;
  return relative(folder, path) || path;
};

/** Returns `file:line` of where a key of the configuration is written, as far as the text shows it. */
export const placeOfKey = ({ file, text }: Pick<ConfigFile, 'file' | 'text'>, key: string): string => {
  const line = text
    .split('\n')
    .findIndex((each) => new RegExp(`(?:^|[\\s{,'"])${key}['"]?\\s*(?:[:,(}]|$)`).test(each));
  return line < 0 ? basename(file) : `${basename(file)}:${line + 1}`;
};
