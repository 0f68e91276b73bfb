/** One of those that are compared: sends one request and waits for its answer. */
export type Contestant = { readonly name: string; readonly ask: () => Promise<void> };

/** CPU µs per request, one figure a turn. */
export type Costs = { readonly name: string; readonly costs: readonly number[] };

const sliceMs = 200;
const warmUpTurns = 5;

/**
 * Measures the contestants in this one process: they take turns of a fifth of a second, so that other work on the machine
 * disturbs all of them alike. Two processes of one program differ by more than a guard costs.
 */
export const measureInTurns = async (
  contestants: readonly Contestant[],
  seconds: number,
): Promise<readonly Costs[]> => {
  const turns = Math.ceil((seconds * 1000) / (sliceMs * contestants.length));
  const all = contestants.map((contestant) => ({ contestant, costs: [] as number[] }));
  const order = [...all];
  for (let turn = 0; turn < warmUpTurns + turns; turn += 1) {
    for (const { contestant, costs } of order) costs.push(await costOf(contestant));
    order.push(...order.splice(0, 1));
  }
  return all.map(({ contestant: { name }, costs }) => ({ name, costs: costs.slice(warmUpTurns) }));
};

const costOf = async ({ ask }: Contestant): Promise<number> => {
  const [until, before] = [performance.now() + sliceMs, process.cpuUsage()];
  let requests = 0;
  for (; performance.now() < until; requests += 1) await ask();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
};
