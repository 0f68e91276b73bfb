import type { Bench, Scenario } from '../bench.ts';
import { operations } from '../data.ts';
import { median } from '../measure.ts';
import { newDirectory, startOurs } from '../ours.ts';
import { names, peerLaunch } from '../peers.ts';
import { type Running, startServer } from '../processes.ts';
import { progress } from '../progress.ts';

const starts = 5;
const restMs = 1_500;
const mebibyte = 1024 * 1024;
const fresh = `${names.ours}, new database`;
const again = `${names.ours}, started again`;

/** Time from the start of the process to its first answer, and its memory when idle. */
export const start: Scenario = async (bench) => {
  const launches = launchesOf(bench);
  const turns = launches.map(() => [] as { readonly ms: number; readonly mebibytes: number }[]);
  for (let round = 1; round <= starts; round += 1) {
    for (const [index, { name, launch }] of launches.entries()) {
      progress(`start ${round} of ${starts}: ${name}`);
      const server = await launch();
      await new Promise((resolve) => setTimeout(resolve, restMs));
      turns[index]?.push({ ms: server.firstAnswerMs, mebibytes: server.residentBytes() / mebibyte });
      await server.stop();
    }
  }
  const rows = launches.map(({ name }, index) => ({
    name,
    firstAnswerMs: median((turns[index] ?? []).map(({ ms }) => ms)),
    mebibytes: median((turns[index] ?? []).map(({ mebibytes }) => mebibytes)),
  }));
  const own = rows.find(({ name }) => name === again);
  return {
    title: `start: medians of ${starts} starts`,
    columns: [
      { key: 'name', title: 'server' },
      { key: 'firstAnswerMs', title: 'first answer after ms' },
      { key: 'mebibytes', title: 'MiB at rest' },
    ],
    rows,
    targets: [
      { text: 'first answer', value: own?.firstAnswerMs ?? null, limit: 700, bound: 'at most', unit: 'ms' },
      { text: 'memory at rest', value: own?.mebibytes ?? null, limit: 120, bound: 'at most', unit: 'MiB' },
    ],
    leftOut: [],
  };
};

const launchesOf = (bench: Bench): readonly { readonly name: string; readonly launch: () => Promise<Running> }[] => {
  const kept = newDirectory(bench.directory);
  const peers = (['floor', 'yogaFast', 'mercurius', 'apollo'] as const).flatMap((name) => {
    const launch = peerLaunch(bench, name, operations.public.expected());
    return launch === null ? [] : [{ name: launch.name, launch: () => startServer(launch) }];
  });
  return [
    { name: fresh, launch: () => startOurs(bench.ours, { name: fresh, dataDir: newDirectory(bench.directory) }) },
    { name: again, launch: () => startOurs(bench.ours, { name: again, dataDir: kept }) },
    ...peers,
  ];
};
