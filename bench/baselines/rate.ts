/** Repeats a step for SECONDS, `width` of them at a time, and prints how often it was done in a second. */
export const reportRate = async (work: {
  readonly width: number;
  readonly step: (lane: number) => Promise<unknown> | unknown;
}): Promise<void> => {
  const startedAt = performance.now();
  const until = startedAt + Number(process.env['SECONDS']) * 1000;
  let steps = 0;
  const lane = async (number: number): Promise<void> => {
    while (performance.now() < until) {
      await work.step(number);
      steps += 1;
    }
  };
  await Promise.all(Array.from({ length: work.width }, (_, number) => lane(number)));
  process.stdout.write(String(steps / ((performance.now() - startedAt) / 1000)));
};
