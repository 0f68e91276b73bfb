/**
 * Returns the length of the shortest unit whose repetition gives the whole; the last repetition may be cut short.
 * `aaaa` has 1, `abcabcab` has 3, `abcd` has 4. What repeats the unit does not make the whole harder to guess.
 */
export const periodLength = (items: ArrayLike<unknown>): number => {
  // The failure function of Knuth, Morris and Pratt, which is linear also for long input.
  const border: number[] = [0];
  let matched = 0;
  for (let i = 1; i < items.length; i++) {
    while (matched > 0 && items[i] !== items[matched]) matched = border[matched - 1] ?? 0;
    if (items[i] === items[matched]) matched++;
    border[i] = matched;
  }
  return items.length - matched;
};
