#!/usr/bin/env node
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

// Everything else is imported after this check, so that an old Node prints a sentence and not a stack trace.
if (isBuiltin('node:sqlite')) {
  const { enableCompileCache } = await import('node:module');
  // As in main.ts.
  enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/fieldgate'));
  const { readEnvironment } = await import('./config/environment.ts');
  const { runCommandLine } = await import('./cli/program.ts');
  // A reader that has read enough (`fieldgate user list | head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    environment: () => readEnvironment(process.env),
    clock: Date.now,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  });
} else {
  process.stderr.write(
    `fieldgate: Node ${process.versions.node} is too old, 22.13 or newer is needed. In the project, \`npx fieldgate\` uses the one that npm ci installs.\n`,
  );
  process.exitCode = 1;
}
