/** Caches a result for its lifetime. A failure is returned only to the callers who waited for it. */
export const cached = <T>(work: () => Promise<T>, maxAgeMs: number, monotonic: () => number): (() => Promise<T>) => {
  let last: { readonly result: Promise<T>; readonly at: number } | null = null;
  return () => {
    if (last && monotonic() - last.at < maxAgeMs) return last.result;
    const current = { result: work(), at: monotonic() };
    last = current;
    current.result.catch(() => {
      if (last === current) last = null;
    });
    return current.result;
  };
};
