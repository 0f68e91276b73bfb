/**
 * Counters and histograms for what is counted at every request: an increment costs a few look-ups and an addition, a tenth of
 * prom-client's, which hashes the labels each time. Values of labels are constants of ours, so their number is bounded. The
 * text is Prometheus' exposition format 0.0.4.
 */
export type Counter = {
  /** Takes the values of the labels in their order, at most three. */
  readonly of: (...labels: Labels) => { count: number };
  readonly text: () => string;
};

export type Histogram = {
  readonly of: (...labels: Labels) => Series;
  readonly text: () => string;
};

type Labels = readonly [string, string?, string?];

type Description = { readonly name: string; readonly help: string; readonly labels: readonly string[] };

export const createCounter = (description: Description): Counter => {
  const { of, all } = createFamily(description, () => ({ count: 0 }));
  const { name } = description;
  const lines = () => all.map(([labels, { count }]) => `${name}{${labels}} ${count}`);
  return { of, text: () => describe(description, 'counter', lines()) };
};

export type Series = { readonly counts: number[]; sum: number };

/** Upper bounds in seconds: from a read of the embedded database to where clients have given up. */
const bounds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

export const createHistogram = (description: Description): Histogram => {
  const create = (): Series => ({ counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 });
  const { of, all } = createFamily(description, create);
  const lines = () => all.flatMap(([labels, series]) => seriesLines(description.name, labels, series));
  return { of, text: () => describe(description, 'histogram', lines()) };
};

export const observe = (series: Series, seconds: number): void => {
  let index = 0;
  while (seconds > (bounds[index] ?? Number.POSITIVE_INFINITY)) index += 1;
  series.counts[index] = (series.counts[index] ?? 0) + 1;
  series.sum += seconds;
};

/** Buckets are cumulative: each counts everything up to its bound. */
const seriesLines = (name: string, labels: string, { counts, sum }: Series): readonly string[] => {
  let total = 0;
  const buckets = [...bounds, '+Inf'].map((bound, index) => {
    total += counts[index] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${total}`;
  });
  return [...buckets, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${total}`];
};

/** One entry for each combination of labels that has occurred. */
const createFamily = <Kept>({ labels: names }: Description, create: () => Kept) => {
  const all: (readonly [labels: string, kept: Kept])[] = [];
  const kept = new Map<string, Map<string, Map<string, Kept>>>();

  const add = (...values: readonly [string, string, string]): Kept => {
    const [first, second, third] = values;
    const created = create();
    const ofFirst = kept.get(first) ?? new Map<string, Map<string, Kept>>();
    const ofSecond = ofFirst.get(second) ?? new Map<string, Kept>();
    kept.set(first, ofFirst.set(second, ofSecond.set(third, created)));
    all.push([names.map((name, index) => `${name}="${values[index]}"`).join(','), created]);
    return created;
  };

  const of = (...[first, second = '', third = '']: Labels): Kept =>
    kept.get(first)?.get(second)?.get(third) ?? add(first, second, third);

  return { of, all };
};

export type Gauge = Omit<Description, 'labels'> & { readonly samples: readonly (readonly [string, number])[] };

/** Each sample is the text of its labels, which may be empty, and its value. */
export const gaugeText = ({ samples, ...description }: Gauge): string => {
  const lines = samples.map(([labels, value]) => `${description.name}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return describe(description, 'gauge', lines);
};

const describe = ({ name, help }: Omit<Description, 'labels'>, type: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
