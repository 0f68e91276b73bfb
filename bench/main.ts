/**
 * Measures what Fieldgate costs beside its peers, on this machine, in one run; with `--against`, two versions of it. `docs/speed.md`
 * says what the rows are.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureAgainst } from './against.ts';
import type { Bench, Scenario, ScenarioResult } from './bench.ts';
import { currentLoad, describeCommit, describeMachine } from './machine.ts';
import { type Options, parseOptions, type ScenarioName, usage } from './options.ts';
import { loadOurs } from './ours.ts';
import { say } from './progress.ts';
import { startRedis } from './redis.ts';
import { fetchHandler } from './scenarios/fetch.ts';
import { events, growth } from './scenarios/growth.ts';
import { guards } from './scenarios/guards.ts';
import { list } from './scenarios/list.ts';
import { login } from './scenarios/login.ts';
import { me } from './scenarios/me.ts';
import { publicOperation } from './scenarios/public.ts';
import { refresh } from './scenarios/refresh.ts';
import { start } from './scenarios/start.ts';
import { textTable } from './table.ts';
import { describeTarget } from './target.ts';

const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  ...{ me, list, guards, refresh, login, growth, events, start },
  fetch: fetchHandler,
  public: publicOperation,
};

const readOptions = (): Options => {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return process.exit(2);
  }
};

const print = (result: ScenarioResult): void => {
  say(`\n${result.title}\n\n${textTable(result)}`);
  for (const line of result.leftOut) say(`left out: ${line}`);
  for (const target of result.targets) say(describeTarget(target));
};

const openBench = async (options: Options): Promise<Bench> => {
  const ours = await loadOurs(options.ours);
  const directory = mkdtempSync(join(tmpdir(), 'fieldgate-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const redis = await startRedis();
  if (redis === null) say('redis-server was not found: rows that need Redis are left out.');
  return { options, ours, redisUrl: redis?.url ?? null, directory };
};

/** Each scenario beside the peers, or the rows that compare two versions. */
const measurementsOf = async (bench: Bench): Promise<readonly Measurement[]> => {
  const { scenarios: wanted, against } = bench.options;
  if (against === null) return wanted.map((name) => ({ name, measure: () => scenarios[name](bench) }));
  const older = await loadOurs(against);
  say(`new: ${describeCommit(bench.ours.root)}, old: ${describeCommit(older.root)}`);
  return [{ name: 'against', measure: () => measureAgainst(bench, older) }];
};

type Measurement = { readonly name: string; readonly measure: () => Promise<ScenarioResult> };

const run = async (options: Options): Promise<void> => {
  const bench = await openBench(options);
  const machine = describeMachine(bench.ours.root);
  say(`${machine.cores} × ${machine.cpu}, Node ${machine.node}, Fieldgate ${machine.commit}, load ${currentLoad()}`);
  const results: Record<string, ScenarioResult & { readonly loadBefore: number; readonly loadAfter: number }> = {};
  for (const { name, measure } of await measurementsOf(bench)) {
    const loadBefore = currentLoad();
    const result = await measure();
    results[name] = { ...result, loadBefore, loadAfter: currentLoad() };
    print(result);
    if (options.json === null) continue;
    const { rounds, seconds } = options;
    const report = { measuredAt: new Date().toISOString(), machine, rounds, seconds, scenarios: results };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
};

await run(readOptions()).then(
  () => process.exit(0),
  (error: unknown) => {
    say(`\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  },
);
