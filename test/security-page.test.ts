import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A number of a rule: a letter of CONTRIBUTING's list and two digits. The guard's own T1–T36 are in test/authorization. */
const numbers = /\b(?:T[01]\d|T2[0-2]|[RPZKJOGL]\d\d)\b/g;

const page = readFileSync('docs/security.md', 'utf8');
const [rules = '', leftOut = ''] = page.split('### Left out');
const stated = [...rules.matchAll(/^\| ([TRPZKJOGL]\d\d) \|/gm)].map(([, number]) => number ?? '');

const titlesUnder = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('authorization'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

const authorization = readdirSync('test/authorization').map((name) =>
  readFileSync(join('test/authorization', name), 'utf8'),
);
const proven = new Set(
  [...titlesUnder('test').matchAll(numbers), ...authorization.join('\n').matchAll(/\bZ\d\d\b/g)].map(String),
);

describe('docs/security.md', () => {
  it.each(stated)('states %s, and a test has that number', (number) => {
    expect(proven).toContain(number);
  });

  it('states every number that a test has', () => {
    expect([...proven].filter((number) => !stated.includes(number) && !leftOut.includes(number))).toEqual([]);
  });

  it('states nothing twice', () => {
    expect(new Set(stated).size).toBe(stated.length);
  });
});
