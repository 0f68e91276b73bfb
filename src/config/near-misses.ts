import type { Variables } from './variables.ts';

/** Returns a warning for each unknown variable whose name resembles a known one. */
export const findNearMisses = (env: Variables, known: readonly string[]): readonly string[] =>
  Object.keys(env).flatMap((name) => {
    if (known.includes(name) || name.length < 4) return [];
    const near = known.find((other) => isNear(name.toUpperCase(), other));
    return near === undefined
      ? []
      : [`${name} is not a variable of Fieldgate and has no effect; did you mean ${near}?`];
  });

/** Other programs have short names of their own: `HOME` is not `HOST`. */
const isNear = (name: string, known: string): boolean => distance(name, known) <= (known.length < 8 ? 1 : 2);

/** The least number of letters inserted, left out, exchanged or swapped with their neighbour. */
const distance = (one: string, other: string): number => {
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row += 1) {
    const current: number[] = [row];
    rows.push(current);
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(
        Math.min(
          ...[at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (isSame ? 0 : 1)],
          ...(isSwapped ? [at(row - 2, column - 2) + 1] : []),
        ),
      );
    }
  }
  return at(one.length, other.length);
};
