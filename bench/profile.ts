/** Where the CPU time of our server goes under `me` (or `refresh`): a profile, summed up by package and by function. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { operations } from './data.ts';
import { drive, graphqlRequest } from './load.ts';
import { connections, refuseErrors } from './measure.ts';
import { loadOurs, refreshBody, signUp, startOurs } from './ours.ts';
import { say } from './progress.ts';
import { formatCell } from './table.ts';

type Profile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '8' },
    ours: { type: 'string', default: join(import.meta.dirname, '..') },
    top: { type: 'string', default: '40' },
  },
});
const seconds = Number(values.seconds);
const warmUpSeconds = 3;

/** Returns the part of the program that a function belongs to: a package, one of our folders, or a part of Node. */
const partOf = (url: string, functionName: string): string => {
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const own = /\/dist\/([^/]+)/.exec(url)?.[1];
  if (own !== undefined) return `fieldgate ${own.replace(/\.js$/, '')}`;
  const internal = /^node:(?:internal\/)?([^/]+)/.exec(url)?.[1];
  if (internal !== undefined) return `node:${internal.replace(/^_/, '').split('_')[0]}`;
  if (/^write(?:Utf8String|Latin1String|Buffer|v)$/.test(functionName)) return 'writing to the socket';
  if (functionName.startsWith('RegExp:')) return 'regular expressions';
  return functionName.startsWith('(') ? functionName : 'other native code';
};

const record = async (directory: string) => {
  const ours = await loadOurs(values.ours);
  const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=200'];
  const server = await startOurs(ours, { name: 'Fieldgate', dataDir: directory, nodeFlags });
  const first = await signUp(server);
  const tokens = [first.refreshToken];
  const isRefresh = positionals[0] === 'refresh';
  for (let index = 1; isRefresh && index < connections; index += 1) {
    tokens.push((await signUp(server, `profile${index}@example.com`)).refreshToken);
  }
  const request = graphqlRequest({ query: operations.me.query }, first.accessToken);
  const run = async (time: number) => {
    const cpuBefore = server.cpuMicros();
    const result = await drive({
      port: server.port,
      connections,
      seconds: time,
      awake: !isRefresh,
      next: (connection) => (isRefresh ? graphqlRequest(refreshBody(tokens[connection] ?? '')) : request),
      judge: (connection, { status, body }) => {
        const token = /"refreshToken":"([^"]+)"/.exec(body.toString('latin1'))?.[1];
        if (token !== undefined) tokens[connection] = token;
        return status === 200 && (token !== undefined || !isRefresh) ? null : `${status} ${body}`;
      },
    });
    refuseErrors('Fieldgate', result);
    return { requests: result.requests, cpuMicros: server.cpuMicros() - cpuBefore };
  };
  await run(warmUpSeconds);
  const measured = await run(seconds);
  await server.stop();
  return measured;
};

/** Sums the self time of functions by the key that `keyOf` gives them, without the time the process waited. */
const selfTimes = ({ nodes, samples, timeDeltas }: Profile, keyOf: (frame: Profile['nodes'][0]) => string) => {
  const keys = new Map(nodes.map((node) => [node.id, keyOf(node)]));
  const idle = new Set(nodes.filter((node) => node.callFrame.functionName === '(idle)').map((node) => node.id));
  // The profile includes the start and the warm-up; only its last samples are measured.
  const total = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  const from = total - seconds * 1_000_000;
  const times = new Map<string, number>();
  let at = 0;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const key = keys.get(id) ?? '';
    if (at >= from && !idle.has(id)) times.set(key, (times.get(key) ?? 0) + delta);
  }
  return [...times].sort(([, a], [, b]) => b - a);
};

const directory = mkdtempSync(join(tmpdir(), 'fieldgate-profile-'));
try {
  const { requests, cpuMicros } = await record(directory);
  const file = readdirSync(directory).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('Node wrote no profile.');
  const profile: Profile = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  const print = (title: string, times: ReturnType<typeof selfTimes>, limit: number): void => {
    const total = times.reduce((sum, [, time]) => sum + time, 0);
    say(`\n${title}: share of the main thread, µs per request`);
    for (const [key, time] of times.slice(0, limit)) {
      say(
        `${formatCell((100 * time) / total, 1).padStart(5)} %  ${formatCell(time / requests, 1).padStart(7)}  ${key}`,
      );
    }
  };
  say(`${requests} requests, ${(cpuMicros / requests).toFixed(0)} CPU µs each while being profiled`);
  const parts = selfTimes(profile, ({ callFrame }) => partOf(callFrame.url, callFrame.functionName));
  print('By part', parts, 30);
  const functions = selfTimes(profile, ({ callFrame: { functionName, url, lineNumber } }) => {
    const place = url.replace(/.*(?:node_modules|dist)\//, '');
    return `${functionName || '(anonymous)'}  ${place}${place === '' ? '' : `:${lineNumber + 1}`}`;
  });
  print('By function', functions, Number(values.top));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
