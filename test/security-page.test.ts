import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** A number of a rule: a letter of CONTRIBUTING's list and two digits. */
const numbers = /\b(?:T[01]\d|T2[0-2]|[RPZKJOGL]\d\d)\b/g;

const page = readFileSync('docs/security.md', 'utf8');
const [rules = '', leftOut = ''] = page.split('### Left out');
const stated = [...rules.matchAll(/^\| ([TRPZKJOGL]\d\d) \|/gm)].map(([, number]) => number ?? '');

const titlesUnder = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

const tests = titlesUnder('test') + titlesUnder('packages/guard/test/credentials');
/** The guard has numbers of its own, T1 to T36, beside these. */
const authorization = titlesUnder('packages/guard/test/authorization');
const proven = new Set([...tests.matchAll(numbers), ...authorization.matchAll(/\bZ\d\d\b/g)].map(String));

describe('docs/security.md', () => {
  test.each(stated)('the rule %s of the page has a test', (number) => {
    expect(proven).toContain(number);
  });

  test('the page lists every number that a test has', () => {
    expect([...proven].filter((number) => !stated.includes(number) && !leftOut.includes(number))).toEqual([]);
  });

  test('the page lists no rule twice', () => {
    expect(new Set(stated).size).toBe(stated.length);
  });
});
