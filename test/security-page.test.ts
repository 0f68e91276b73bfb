import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The number of a rule: one of CONTRIBUTING's letters and two digits. The guard's T1–T36 are numbered for themselves. */
const numbers = /\b(?:T[01]\d|T2[0-2]|[RPZKJOGL]\d\d)\b/g;
const ofAuthorization = /\bZ\d\d\b/g;

const page = readFileSync('docs/security.md', 'utf8');
const [rules = '', leftOut = ''] = page.split('### Left out');
const stated = [...rules.matchAll(/^\| ([TRPZKJOGL]\d\d) \|/gm)].map(([, number]) => number ?? '');

const testsUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name));

/** The guard's own numbers, beside those of its credentials. */
const isNumberedForItself = (file: string): boolean =>
  file.startsWith('packages/guard/') && !file.includes('/credentials/');

const proven = new Set(
  [...testsUnder('test'), ...testsUnder('packages/guard/test')].flatMap((file) => {
    const pattern = isNumberedForItself(file) ? ofAuthorization : numbers;
    return [...readFileSync(file, 'utf8').matchAll(pattern)].map(String);
  }),
);

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
