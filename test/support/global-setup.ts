import { execFileSync } from 'node:child_process';
import { browserMissing } from './browser-file.ts';
import { postgresMissing } from './databases.ts';
import { redisMissing } from './redis-servers.ts';

/** Runs once before all tests. */
export const setup = async (): Promise<void> => {
  build();
  await reportMissing();
};

/** Builds dist/, since processes in tests run what users run. Without type check: `npm run check` has it. */
const build = (): void => {
  execFileSync('npm', ['run', '--silent', 'build', '--', '--noCheck'], {
    cwd: new URL('../..', import.meta.url).pathname,
    stdio: 'inherit',
  });
};

/** Says which tests this machine leaves out. */
const reportMissing = async (): Promise<void> => {
  for (const reason of [await postgresMissing(), await redisMissing(), browserMissing]) {
    if (reason !== null) process.stderr.write(`left out: tests that need it, since there is ${reason}\n`);
  }
};
