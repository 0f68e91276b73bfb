import { baselineCosts, type GuardCase } from '../baseline.ts';
import type { Bench, Scenario } from '../bench.ts';
import { median, medianRatio } from '../measure.ts';
import type { GuardUse } from '../own-yoga.ts';
import { progress } from '../progress.ts';

const names: Readonly<Record<GuardUse, string>> = {
  off: 'your own Yoga without Fieldgate',
  schema: 'guardSchema only',
  on: 'guardSchema + useFieldgate',
};

/** What the guard adds, measured in one process. */
export const guards: Scenario = async (bench) => {
  progress('guards on and off in turn, in one process');
  const rows = [
    ...(await measure(bench, 'list', ['off', 'on'])),
    ...(await measure(bench, 'public', ['off', 'schema', 'on'])),
  ];
  return {
    title: 'guards: what they add in your own Yoga, without sockets, in one process',
    columns: [
      { key: 'name', title: 'operation' },
      { key: 'cpuMicros', title: 'CPU µs/request' },
      { key: 'ratio', title: 'ratio', digits: 3 },
    ],
    rows,
    targets: [
      {
        text: '`list` with guards: CPU per request, of the same without',
        value: rows.find(({ name }) => name === nameOf('list', 'on'))?.ratio ?? null,
        limit: 1.03,
        bound: 'at most',
        unit: '×',
      },
    ],
    leftOut: [],
  };
};

const nameOf = (operation: GuardCase['operation'], use: GuardUse): string => `\`${operation}\`, ${names[use]}`;

const measure = async (bench: Bench, operation: GuardCase['operation'], uses: readonly GuardUse[]) => {
  const { rounds, seconds } = bench.options;
  const cases = uses.map((use) => ({ name: nameOf(operation, use), root: bench.ours.root, operation, use }));
  const measured = await baselineCosts(bench, { program: 'guards', cases, seconds: 2 * rounds * seconds });
  const without = measured[0]?.costs ?? [];
  return measured.map(({ name, costs }) => ({
    name,
    cpuMicros: median(costs),
    ratio: medianRatio(costs, without),
  }));
};
