/** ` Did you mean "x"?`, or nothing. */
export const didYouMean = (name: string, known: Iterable<string>): string => {
  const lower = name.toLowerCase();
  const near = [...known].find((other) => isNear(lower, other.toLowerCase()));
  return near === undefined ? '' : ` Did you mean "${near}"?`;
};

const isNear = (one: string, other: string): boolean => {
  const most = Math.min(2, Math.floor(other.length / 3));
  return one !== '' && distance(one, other) <= Math.max(1, most);
};

/** The number of letters to insert, leave out or exchange. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [column, second] of [...other].entries()) {
      const exchanged = (row[column] ?? 0) + (letter === second ? 0 : 1);
      next.push(Math.min(exchanged, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};
