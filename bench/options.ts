import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const scenarioNames = [
  'me',
  'list',
  'public',
  'guards',
  'refresh',
  'login',
  'growth',
  'events',
  'start',
] as const;

export type ScenarioName = (typeof scenarioNames)[number];

export type Options = {
  readonly scenarios: readonly ScenarioName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly json: string | null;
  /** The checkout of ours that is measured; it must have been built. */
  readonly ours: string;
  /** Also a million sessions. */
  readonly full: boolean;
};

export const usage = `Usage: npm run bench -- [${scenarioNames.join(' ')}] [options]

  --rounds N     rounds, in each of which every row has its turn (5)
  --seconds N    how long one turn lasts (3)
  --json FILE    also writes the figures as JSON
  --ours DIR     measures another checkout of Fieldgate, built there
  --full         growth up to a million sessions
`;

/** Paths are meant from where npm was called, not from where it runs scripts. */
const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

const isScenario = (name: string): name is ScenarioName => scenarioNames.some((known) => known === name);

/** Throws with what is wrong. */
export const parseOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'string' },
      ours: { type: 'string' },
      full: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !isScenario(name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}.`);
  return {
    scenarios: positionals.length > 0 ? scenarioNames.filter((name) => positionals.includes(name)) : scenarioNames,
    rounds: numberWithin('--rounds', values.rounds, 1, 50),
    seconds: numberWithin('--seconds', values.seconds, 0.5, 60),
    json: values.json === undefined ? null : fromCaller(values.json),
    ours: values.ours === undefined ? resolve(import.meta.dirname, '..') : fromCaller(values.ours),
    full: values.full,
  };
};

const numberWithin = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new Error(`${name} must be a number from ${least} to ${most}.`);
  return value;
};
