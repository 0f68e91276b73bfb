/** ` Did you mean "x"?`, or nothing. */
export const didYouMean = (name: string, known: Iterable<string>): string => {
  const lower = name.toLowerCase();
  const near = [...known].find((other) => isNear(lower, other.toLowerCase()));
  return near === undefined ? '' : ` Did you mean "${near}"?`;
};

const isNear = (one: string, other: string): boolean => {
  const most = Math.min(2, Math.floor(other.length / 3));
  return one !== '' && editDistance(one, other) <= Math.max(1, most);
};

/** The least number of letters inserted, left out, exchanged or swapped with their neighbour. */
export const editDistance = (one: string, other: string): number => {
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
