import { execFileSync } from 'node:child_process';

/** Builds dist/ before the tests, since processes in tests run what users run. Without type check: `npm run check` has it. */
export const setup = (): void => {
  execFileSync('npm', ['run', '--silent', 'build', '--', '--noCheck'], {
    cwd: new URL('../..', import.meta.url).pathname,
    stdio: 'inherit',
  });
};
