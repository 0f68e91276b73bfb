import type { NewAuthEvent } from '../../domain/event.ts';
import { processMetrics } from './process-metrics.ts';
import { createCounter, createHistogram, gaugeText, observe } from './tally.ts';

/** What the server counts. No label ever holds what a caller chose: neither users, operation names, keys nor paths. */
export type Metrics = {
  /** `route`: a path of the server, or `none`. */
  readonly onCompleted: (route: string, method: string, status: number, seconds: number) => void;
  /** Kind and outcome of a GraphQL operation: constants of ours. */
  readonly onOperation: (kind: string, outcome: string) => void;
  readonly onEvent: (event: Pick<NewAuthEvent, 'type' | 'outcome'>) => void;
  /** Returns a function that counts the calls of one method of a store. */
  readonly storeCalls: (store: string, verb: string) => (seconds: number, isFailed: boolean) => void;
  /** Returns everything in Prometheus' text format. */
  readonly text: (state: ServerState) => Promise<string>;
};

/** What is not counted but read when the metrics are requested. */
export type ServerState = {
  readonly readiness: { readonly ready: boolean; readonly stores: Readonly<Record<string, string>> };
  readonly passwordHashing: { readonly running: number; readonly waiting: number; readonly refused: number };
};

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);
const statusClasses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export const createMetrics = (): Metrics => {
  const { requests, operations, events, storeCalls, storeFailures } = createFamilies();
  return {
    onCompleted: (route, method, status, seconds) => {
      const statusClass = statusClasses[Math.floor(status / 100)] ?? 'none';
      observe(requests.of(route, methods.has(method) ? method : 'other', statusClass), seconds);
    },
    onOperation: (kind, outcome) => {
      operations.of(kind, outcome).count += 1;
    },
    onEvent: ({ type, outcome }) => {
      events.of(type, outcome).count += 1;
    },
    storeCalls: (store, verb) => {
      const [series, failures] = [storeCalls.of(store, verb), storeFailures.of(store, verb)];
      return (seconds, isFailed) => {
        observe(series, seconds);
        if (isFailed) failures.count += 1;
      };
    },
    text: async (state) =>
      [
        ...[requests, operations, events, storeCalls, storeFailures].map((metric) => metric.text()),
        ...stateTexts(state),
        await processMetrics(),
      ].join('\n\n'),
  };
};

const createFamilies = () => ({
  requests: createHistogram({
    name: 'fieldgate_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its response, by route, method and status class.',
    labels: ['route', 'method', 'status'],
  }),
  operations: createCounter({
    name: 'fieldgate_operations_total',
    help: 'GraphQL operations by kind and outcome.',
    labels: ['kind', 'outcome'],
  }),
  events: createCounter({
    name: 'fieldgate_auth_events_total',
    help: 'Events of accounts and credentials, by type and outcome.',
    labels: ['type', 'outcome'],
  }),
  storeCalls: createHistogram({
    name: 'fieldgate_store_duration_seconds',
    help: 'Duration of store calls, by store and verb.',
    labels: ['store', 'verb'],
  }),
  storeFailures: createCounter({
    name: 'fieldgate_store_failures_total',
    help: 'Failed store calls, by store and verb.',
    labels: ['store', 'verb'],
  }),
});

const stateTexts = ({ readiness, passwordHashing }: ServerState): readonly string[] => [
  gaugeText({
    name: 'fieldgate_ready',
    help: 'Whether requests should be sent here, as /ready says.',
    samples: [['', Number(readiness.ready)]],
  }),
  gaugeText({
    name: 'fieldgate_store_up',
    help: 'Whether a store answers.',
    samples: Object.entries(readiness.stores)
      .filter(([name]) => name !== 'server')
      .map(([name, state]) => [`store="${name}"`, Number(state === 'ok')]),
  }),
  gaugeText({
    name: 'fieldgate_password_hashes',
    help: 'Passwords being hashed, and waiting to be.',
    samples: [
      ['state="running"', passwordHashing.running],
      ['state="waiting"', passwordHashing.waiting],
    ],
  }),
  `# HELP fieldgate_password_hashes_refused_total Sign-ins and sign-ups refused because too many were waiting.\n` +
    `# TYPE fieldgate_password_hashes_refused_total counter\n` +
    `fieldgate_password_hashes_refused_total ${passwordHashing.refused}`,
];
