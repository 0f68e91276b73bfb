import { baselineCosts, type FetchCase } from '../baseline.ts';
import type { Scenario } from '../bench.ts';
import { median } from '../measure.ts';
import { progress } from '../progress.ts';

type Operation = FetchCase['operation'];
type Way = FetchCase['way'];

const operations: Readonly<Record<Operation, string>> = {
  me: '`{ me { id email name } }` with a token',
  public: '`{ hello }`',
  get: '`{ hello }` by GET',
  invalid: 'a syntax error',
};

const ways = ['listener', 'fetch'] as const;

/** What `fetch` may cost more than the listener, Request and Response apart. */
const mostMicros = 8;

const nameOf = (operation: Operation, way: Way, isEmpty: boolean): string =>
  `${operations[operation]}, ${isEmpty ? `an empty ${way === 'fetch' ? 'fetch handler' : 'listener'}` : way}`;

/** `createFieldgate().fetch` and `.listener`, each beside an empty handler of its kind, in one process. */
export const fetchHandler: Scenario = async (bench) => {
  progress('fetch and listener in turn, in one process');
  const { rounds, seconds } = bench.options;
  const cases = (['me', 'public', 'get', 'invalid'] as const).flatMap((operation) =>
    ways.flatMap((way) =>
      [true, false].map((isEmpty) => ({
        ...{ operation, way, isEmpty, root: bench.ours.root, instance: 'only' },
        name: nameOf(operation, way, isEmpty),
      })),
    ),
  );
  const measured = await baselineCosts(bench, { program: 'fetch', cases, seconds: 4 * rounds * seconds });
  const cost = (operation: Operation, way: Way, isEmpty: boolean): number =>
    median(measured.find(({ name }) => name === nameOf(operation, way, isEmpty))?.costs ?? []);
  /** Without what node:http, or Request and Response, cost by themselves. */
  const ownCost = (operation: Operation, way: Way): number => cost(operation, way, false) - cost(operation, way, true);
  return {
    title: 'fetch: `createFieldgate().fetch` and `.listener` beside empty handlers, without sockets, in one process',
    columns: [
      { key: 'name', title: 'request, handler' },
      { key: 'cpuMicros', title: 'CPU µs/request', digits: 1 },
      { key: 'own', title: 'over the empty one', digits: 1 },
    ],
    rows: cases.map(({ name, operation, way, isEmpty }) => ({
      name,
      cpuMicros: cost(operation, way, isEmpty),
      own: isEmpty ? null : ownCost(operation, way),
    })),
    targets: (['me', 'public'] as const).map((operation) => ({
      text: `${operations[operation]}: what fetch costs over an empty one, more than the listener over its own`,
      value: ownCost(operation, 'fetch') - ownCost(operation, 'listener'),
      limit: mostMicros,
      bound: 'at most',
      unit: 'µs',
    })),
    leftOut: [],
  };
};
