/**
 * Whether every text in a JSON value is well-formed Unicode. Half a surrogate pair cannot be written as UTF-8: stored, it would come back
 * as another text, and two texts that differ would be stored alike.
 */
export const isWellFormed = (value: unknown): boolean => {
  const pending: unknown[] = [value];
  // Not recursive: a body may be nested deeper than the stack.
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string' && !next.isWellFormed()) return false;
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, member] of Object.entries(next)) pending.push(name, member);
  }
  return true;
};
