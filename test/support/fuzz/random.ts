/** Random choices of one request: the same seed and number always give the same ones. */
export type Random = {
  /** From 0 up to, not including, `limit`. */
  readonly below: (limit: number) => number;
  /** True in one of `many` cases. */
  readonly oneIn: (many: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** At most `most` items. */
  readonly some: <Item>(most: number, make: () => Item) => readonly Item[];
};

/** Mulberry32: small, fast, and the same everywhere. */
export const createRandom = (seed: number, number: number): Random => {
  let state = (Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b)) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    oneIn: (many) => below(many) === 0,
    pick: (items) => {
      for (const item of items.slice(below(items.length)).slice(0, 1)) return item;
      throw new Error('There is nothing to pick from.');
    },
    some: (most, make) => Array.from({ length: below(most + 1) }, make),
  };
};

const oddTexts: readonly string[] = [
  ...['', ' ', '0', '-1', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '__typename', 'null', 'NaN'],
  ...['\u0000', '\ud800', '\u202e', '\ufeff', '\u2028', 'İ', 'ß', '😀', 'a\u0301'.repeat(20), 'é'.normalize('NFD')],
  ...["' or 1=1 --", '"; drop table users; --', '../../etc/passwd', '%00', '%ff', '%', '<script>', '\r\nX: y'],
  ...[
    'ada@example.com',
    'a@b',
    '@',
    'user@xn--mnchen-3ya.example',
    `${'a'.repeat(300)}@example.com`,
    '1e400',
    '9'.repeat(400),
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '2026-12-31T23:59:60Z',
    '00000000-0000-4000-8000-000000000000',
    'x'.repeat(2_000),
    '[]',
    '{}',
    '{"a":',
  ],
];

/** A text that somebody did not think of. */
export const oddText = (random: Random): string =>
  random.oneIn(6)
    ? String.fromCharCode(...random.some(12, () => random.below(random.oneIn(3) ? 65_536 : 128)))
    : random.pick(oddTexts);

/** Changes a text at a few places: removes, repeats, inserts and swaps. */
export const mutate = (random: Random, text: string): string => {
  let changed = text;
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const at = random.below(changed.length + 1);
    const end = Math.min(changed.length, at + random.below(12));
    const part = changed.slice(at, end);
    const [before, after] = [changed.slice(0, at), changed.slice(end)];
    changed = random.pick([
      () => before + after,
      () => before + part + part + after,
      () => before + part.repeat(random.below(60)) + after,
      () => before + oddText(random) + after,
      () => before + [...part].reverse().join('') + after,
      () =>
        before +
        random.pick(['{', '}', '(', ')', '[', ']', '"', '"""', ':', '$', '@', '...', '!', '#', ',', '\\', '&', '=']) +
        after,
    ])();
  }
  return changed.slice(0, 90_000);
};

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A JSON value of any shape. */
export const oddJson = (random: Random, depth = 3): Json =>
  random.pick<() => Json>([
    () => null,
    () => random.oneIn(2),
    () => random.pick([0, -0, 1, -1, 1e308, 2 ** 53, 0.1, -(2 ** 31), 2 ** 31]),
    () => oddText(random),
    () => (depth === 0 ? [] : random.some(4, () => oddJson(random, depth - 1))),
    () =>
      depth === 0
        ? {}
        : Object.fromEntries(random.some(4, () => [oddText(random), oddJson(random, depth - 1)] as const)),
  ])();
