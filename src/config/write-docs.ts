/** `npm run docs` writes the documents about the variables; with --check it only says whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage, environmentExample } from './configuration-page.ts';

const files: readonly (readonly [string, string])[] = [
  ['docs/configuration.md', configurationPage()],
  ['.env.example', environmentExample()],
];

const current = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const stale = files.filter(([file, text]) => current(file) !== text);
if (process.argv.includes('--check')) {
  for (const [file] of stale) process.stderr.write(`${file} is out of date; run npm run docs\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [file, text] of stale) writeFileSync(file, text);
}
