/**
 * What one warm `me` passes through: `npm --prefix bench run walk`, or with `-- --ours ../other-checkout`.
 *
 * V8's precise coverage of the server process says which of our files and functions run for one request with a Bearer token
 * (embedded SQLite, production). Breakpoints at these functions then give the order in which they are called, and by whom.
 * Exits with 1 if a limit below is exceeded.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Call, recordCalls } from './call-order.ts';
import { operations } from './data.ts';
import { connectInspector, type Inspector } from './inspector.ts';
import { connectTo, graphqlRequest } from './load.ts';
import { loadOurs, signUp, startOurs } from './ours.ts';
import { freePort } from './processes.ts';
import { say } from './progress.ts';
import { type OwnFunction, openSources, type ReadSource, readRoomImports } from './sources.ts';

const limits = { files: 40, functions: 110, fileLines: 250, functionLines: 40 };
const warmUpRequests = 500;
const samples = 5;

const { values } = parseArgs({ options: { ours: { type: 'string', default: join(import.meta.dirname, '..') } } });

/** The functions of ours that run for one request. A timer may fall into a sample: only what is in all of them counts. */
const coverWalk = async (inspector: Inspector, readSource: ReadSource, ask: () => Promise<void>) => {
  await inspector.send('Profiler.enable');
  await inspector.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  for (let count = 0; count < warmUpRequests; count += 1) await ask();
  const seen: Map<string, OwnFunction>[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    await inspector.send('Profiler.takePreciseCoverage');
    await ask();
    const { result } = await inspector.send<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
    seen.push(new Map(result.flatMap((script) => calledIn(script, readSource)).map((each) => [each.id, each])));
  }
  await inspector.send('Profiler.stopPreciseCoverage');
  await inspector.send('Profiler.disable');
  const [first = new Map<string, OwnFunction>(), ...others] = seen;
  return [...first.values()].filter(({ id }) => others.every((sample) => sample.has(id)));
};

const calledIn = (
  { scriptId, url, functions }: Profiler.ScriptCoverage,
  readSource: ReadSource,
): readonly OwnFunction[] => {
  const called = functions.flatMap(({ functionName, ranges: [range] }) =>
    range !== undefined && range.count > 0 ? [{ functionName, range }] : [],
  );
  const source = called.length > 0 ? readSource(url) : null;
  if (source === null) return [];
  return called.map(({ functionName, range: { startOffset, endOffset } }) => {
    const start = source.placeOf(startOffset);
    const line = source.lineOf(start);
    const end = source.placeOf(endOffset - 1);
    const id = `${scriptId}:${start.lineNumber}:${start.columnNumber}`;
    const lines = source.lineOf(end) - line + 1;
    return { id, source, scriptId, name: functionName || '(anonymous)', start, end, line, lines };
  });
};

const nameOf = ({ source, name, line }: OwnFunction): string => `${source.file}:${line} ${name}`;

const printFunctions = (functions: readonly OwnFunction[]): void => {
  for (const [file, own = []] of Object.entries(Object.groupBy(functions, ({ source }) => source.file))) {
    say(`${file} (${own[0]?.source.lines} lines): ${own.map(({ name, line }) => `${name}:${line}`).join(', ')}`);
  }
};

/** The folders in the order of the calls, and the calls that go against the imports: those of a function that was passed in. */
const printRooms = (calls: readonly Call[], imports: ReadonlySet<string>): void => {
  const folders = calls.map(({ callee }) => callee.source.folder);
  say(
    `\nFolders in the order of the calls: ${folders.filter((folder, index) => folder !== folders[index - 1]).join(' → ')}`,
  );
  const between = calls.flatMap(({ caller, callee }) => {
    const [from, to] = [caller?.source.folder ?? callee.source.folder, callee.source.folder];
    return caller === null || from === to ? [] : [{ from, to, text: `${nameOf(caller)} → ${nameOf(callee)}` }];
  });
  const upward = between.filter(({ from, to }) => !imports.has(`${from} ${to}`));
  say(
    `\n${between.length} calls into another folder, ${upward.length} of them into one that the caller's does not import:`,
  );
  for (const line of new Set(upward.map(({ from, to, text }) => `  ${from} → ${to}: ${text}`))) say(line);
};

/** Prints what exceeds a limit; true if nothing does. */
const isWithinLimits = (functions: readonly OwnFunction[]): boolean => {
  const files = [...new Map(functions.map(({ source }) => [source.file, source])).values()];
  const exceeded = [
    ...(files.length > limits.files ? [`${files.length} files, at most ${limits.files}`] : []),
    ...(functions.length > limits.functions ? [`${functions.length} functions, at most ${limits.functions}`] : []),
    ...files
      .filter(({ lines }) => lines > limits.fileLines)
      .map(({ file, lines }) => `${file} has ${lines} lines, at most ${limits.fileLines}`),
    ...functions
      .filter(({ lines }) => lines > limits.functionLines)
      .map((each) => `${nameOf(each)} has ${each.lines} lines, at most ${limits.functionLines}`),
  ];
  say(`\n${files.length} files, ${functions.length} functions`);
  for (const line of exceeded) say(`exceeded: ${line}`);
  return exceeded.length === 0;
};

const run = async (directory: string): Promise<boolean> => {
  const ours = await loadOurs(values.ours);
  const inspectorPort = await freePort();
  const server = await startOurs(ours, {
    name: 'walk',
    dataDir: directory,
    nodeFlags: [`--inspect=127.0.0.1:${inspectorPort}`, '--inspect-publish-uid=http'],
    env: { LOG_LEVEL: 'info' },
  });
  const { accessToken } = await signUp(server);
  const request = graphqlRequest({ query: operations.me.query }, accessToken);
  const connection = connectTo(server.port);
  const ask = async (): Promise<void> => {
    const { status, body } = await connection.ask(request);
    if (status !== 200 || !body.includes('"email"')) throw new Error(`me answers ${status} ${body}`);
  };
  const inspector = await connectInspector(inspectorPort);
  const functions = await coverWalk(inspector, openSources(ours.root), ask);
  printFunctions(functions);
  printRooms(await recordCalls(inspector, functions, ask), readRoomImports(ours.root));
  inspector.close();
  connection.close();
  await server.stop();
  return isWithinLimits(functions);
};

const directory = mkdtempSync(join(tmpdir(), 'fieldgate-walk-'));
const isWithin = await run(directory).finally(() => rmSync(directory, { recursive: true, force: true }));
process.exit(isWithin ? 0 : 1);
