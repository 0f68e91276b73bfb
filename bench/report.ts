/** Writes the figures of a run (its JSON) into the tables between the markers of docs/speed.md, and draws docs/speed.svg. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ScenarioResult } from './bench.ts';
import { barChart, type Panel } from './chart.ts';
import { say } from './progress.ts';
import { markdownTable } from './table.ts';
import { describeTarget } from './target.ts';

type Report = {
  readonly measuredAt: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly commit: string;
    readonly ours: Readonly<Record<string, string>>;
    readonly peers: Readonly<Record<string, string>>;
  };
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: Readonly<
    Record<string, ScenarioResult & { readonly loadBefore: number; readonly loadAfter: number }>
  >;
};

const docs = resolve(import.meta.dirname, '../docs');
const begin = '<!-- figures: npm --prefix bench run report -->';
const end = '<!-- end of figures -->';

const versions = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

const figures = ({ measuredAt, machine, rounds, seconds, scenarios }: Report): string => {
  const loads = Object.values(scenarios).flatMap(({ loadBefore, loadAfter }) => [loadBefore, loadAfter]);
  const state = [
    `- ${measuredAt.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, ${rounds} rounds of ${seconds} s`,
    `- Load of the machine at the borders of the scenarios: ${Math.min(...loads)} to ${Math.max(...loads)}. The harness makes about 2 of it`,
    `- Fieldgate ${machine.commit} with ${versions(machine.ours)}`,
    `- Peers: ${versions(machine.peers)}`,
  ];
  const sections = Object.values(scenarios).map((result) => {
    const notes = [
      ...result.leftOut.map((line) => `- left out: ${line}`),
      ...result.targets.map((target) => `- ${describeTarget(target)}`),
    ];
    return [`### ${result.title}`, markdownTable(result), notes.join('\n')].filter((part) => part !== '').join('\n\n');
  });
  return [state.join('\n'), ...sections].join('\n\n');
};

const panel = ({ scenarios }: Report, name: string, title: string): readonly Panel[] => {
  const rows = scenarios[name]?.rows;
  if (rows === undefined) return [];
  const bars = rows.map((row) => ({
    name: String(row['name']),
    value: Number(row['cpuMicros']),
    isOurs: String(row['name']).startsWith('Fieldgate'),
  }));
  return [{ title, bars }];
};

const file = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? join(import.meta.dirname, 'results.json'));
const report: Report = JSON.parse(readFileSync(file, 'utf8'));

const page = join(docs, 'speed.md');
const [before, rest] = readFileSync(page, 'utf8').split(begin);
const after = rest?.split(end)[1];
if (after === undefined) throw new Error(`${page} lacks the markers between which the tables go.`);
writeFileSync(page, `${before}${begin}\n\n${figures(report)}\n\n${end}${after}`);

const picture = barChart([
  ...panel(report, 'me', 'CPU µs per request: { me { id email name } }, two guarded fields'),
  ...panel(report, 'list', 'CPU µs per request: 1 000 users, two guarded fields each'),
]);
writeFileSync(join(docs, 'speed.svg'), picture);
say('docs/speed.md and docs/speed.svg are written.');
