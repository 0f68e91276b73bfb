import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../docs/embedding.md', import.meta.url), 'utf8');

/** Returns the first block of JavaScript under a heading of docs/embedding.md. */
export const blockUnder = (heading: string, index = 0): string => {
  const [, section = ''] = page.split(new RegExp(`^#+ ${RegExp.escape(heading)}$`, 'm'));
  const blocks = [...section.matchAll(/^```js\n([\s\S]*?)^```/gm)];
  const [, code] = blocks[index] ?? [];
  if (code === undefined) throw new Error(`There is no block under ${heading}.`);
  return code;
};

const AsyncFunction: new (...args: string[]) => (...values: unknown[]) => Promise<Record<string, unknown>> =
  Object.getPrototypeOf(async () => undefined).constructor;

/** The names that a block imports and declares at its outermost level. */
const importsOf = (code: string) => [...code.matchAll(/^import (?:(\w+)|\{([^}]*)\}) from '([^']+)';$/gm)];
const declaredIn = (code: string): readonly string[] =>
  [...code.matchAll(/^const (?:(\w+)|\{ ([\w, ]+) \})/gm)].flatMap(([, one, several = '']) =>
    one === undefined ? several.split(', ') : [one],
  );

/** Runs a block as it is written, with its imports, on a free port instead of 4000. Returns what it declares. */
export const runBlock = async (
  code: string,
  load: (specifier: string) => Promise<Record<string, unknown>>,
  known: Record<string, unknown> = {},
): Promise<Record<string, unknown>> => {
  const imported: Record<string, unknown> = {};
  for (const [, whole, names = '', specifier = ''] of importsOf(code)) {
    const loaded = await load(specifier);
    if (whole !== undefined) imported[whole] = loaded['default'];
    for (const name of names
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean))
      imported[name] = loaded[name];
  }
  const given = { ...known, ...imported };
  const body = code.replace(/^import .*;$/gm, '').replaceAll(/\b4000\b/g, '0');
  const run = new AsyncFunction(...Object.keys(given), `${body}\nreturn { ${declaredIn(code).join(', ')} };`);
  return run(...Object.values(given));
};
