import { baselineOutput } from '../baseline.ts';
import type { Scenario } from '../bench.ts';
import type { Guard } from '../own-yoga.ts';
import { progress } from '../progress.ts';

type Cost = {
  readonly operation: 'list' | 'public';
  readonly guard: Guard;
  readonly cpuMicros: number;
  /** To the same without guards: the median of the ratios of each turn. */
  readonly ratio: number;
};

const rowNames: Readonly<Record<Guard, string>> = {
  off: 'your own Yoga without Fieldgate',
  schema: 'guardSchema only',
  on: 'guardSchema + useFieldgate',
};

/** What the guard adds, measured in one process. */
export const guards: Scenario = async (bench) => {
  progress('guards on and off in turn, in one process');
  const { rounds, seconds } = bench.options;
  const output = await baselineOutput(bench, 'guards', { SECONDS: String(2 * rounds * seconds) });
  const costs: readonly Cost[] = JSON.parse(output);
  const list = costs.find(({ operation, guard }) => operation === 'list' && guard === 'on');
  return {
    title: 'guards: what they add in your own Yoga, without sockets, in one process',
    columns: [
      { key: 'name', title: 'operation' },
      { key: 'cpuMicros', title: 'CPU µs/request' },
      { key: 'ratio', title: 'ratio', digits: 3 },
    ],
    rows: costs.map(({ operation, guard, cpuMicros, ratio }) => ({
      name: `\`${operation}\`, ${rowNames[guard]}`,
      cpuMicros,
      ratio,
    })),
    targets: [
      {
        text: '`list` with guards: CPU per request, of the same without',
        value: list?.ratio ?? null,
        limit: 1.03,
        bound: 'at most',
        unit: '×',
      },
    ],
    leftOut: [],
  };
};
