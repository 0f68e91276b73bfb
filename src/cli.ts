#!/usr/bin/env node
import { nodeProblem } from './boot/node-version.ts';

// Everything else is imported after this check, as in main.ts.
const problem = nodeProblem();
if (problem === null) {
  const { enableCompileCache } = await import('node:module');
  const { join } = await import('node:path');
  // As in main.ts.
  enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/fieldgate'));
  const { readEnvironment } = await import('./config/environment.ts');
  const { runCommandLine } = await import('./cli/program.ts');
  // A reader that has read enough (`fieldgate user list | head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    environment: () => readEnvironment(process.env),
    clock: Date.now,
    folder: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  });
} else {
  process.stderr.write(`fieldgate: ${problem}\n`);
  process.exitCode = 1;
}
