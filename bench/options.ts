import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const scenarioNames = [
  'me',
  'list',
  'public',
  'guards',
  'fetch',
  'refresh',
  'login',
  'growth',
  'events',
  'start',
] as const;

/** Those that can compare two versions. */
export const againstNames = ['me', 'list', 'public', 'guards', 'fetch', 'refresh', 'login'] as const;

export type AgainstName = (typeof againstNames)[number];

export type ScenarioName = (typeof scenarioNames)[number];

export type Options = {
  readonly scenarios: readonly ScenarioName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly json: string | null;
  /** The checkout of Fieldgate that is measured; it must have been built. */
  readonly ours: string;
  /** Another checkout, built as well, to compare it with instead of the peers. */
  readonly against: string | null;
  /** Includes a million sessions. */
  readonly full: boolean;
};

export const usage = `Usage: npm run bench -- [${scenarioNames.join(' ')}] [options]

  --rounds N     rounds, in each of which every row has its turn (5)
  --seconds N    how long one turn lasts (3)
  --json FILE    also writes the figures as JSON
  --ours DIR     measures another checkout of Fieldgate, built there
  --against DIR  compares it with this checkout, built there, instead of the peers: ${againstNames.join(' ')}
  --full         growth up to a million sessions
`;

/** Paths are relative to where npm was called, not to where it runs scripts. */
const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

/** Throws an error whose message says which option is wrong. */
export const parseOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'string' },
      ours: { type: 'string' },
      against: { type: 'string' },
      full: { type: 'boolean', default: false },
    },
  });
  const isAgainst = values.against !== undefined;
  const known = isAgainst ? againstNames : scenarioNames;
  const unknown = positionals.filter((name) => !known.some((each) => each === name));
  if (unknown.length > 0) {
    throw new Error(
      `Unknown scenario: ${unknown.join(', ')}. ${isAgainst ? 'With --against there are' : 'There are'} ${known.join(', ')}.`,
    );
  }
  return {
    scenarios: known.filter((name) => positionals.length === 0 || positionals.includes(name)),
    rounds: numberWithin('--rounds', values.rounds, 1, 50),
    seconds: numberWithin('--seconds', values.seconds, 0.5, 60),
    json: values.json === undefined ? null : fromCaller(values.json),
    ours: values.ours === undefined ? resolve(import.meta.dirname, '..') : fromCaller(values.ours),
    against: values.against === undefined ? null : fromCaller(values.against),
    full: values.full,
  };
};

const numberWithin = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new Error(`${name} must be a number from ${least} to ${most}.`);
  return value;
};
