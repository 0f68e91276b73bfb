export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once the condition holds; rejects if it does not within the limit. */
export async function until(condition: () => Promise<boolean> | boolean, limitMs = 15_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`This did not become true within ${limitMs} ms: ${condition}`);
    await pause(20);
  }
}
