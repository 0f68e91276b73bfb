#!/usr/bin/env node
import { nodeProblem } from './boot/node-version.ts';

// Everything else is imported after this check: an older Node prints a sentence and not a stack.
const problem = nodeProblem();
if (problem === null) {
  const { enableCompileCache } = await import('node:module');
  const { join } = await import('node:path');
  // Keeping compiled code makes the next start faster by a third. It is kept beside the packages, not in the folder for temporary
  // files: others may write there, and what is in the cache is executed.
  enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/fieldgate'));
  const { readEnvironment } = await import('./config/environment.ts');
  const { runServer } = await import('./boot/process.ts');
  await runServer(readEnvironment(process.env), { folder: process.cwd() });
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
