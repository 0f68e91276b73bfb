import { execFileSync } from 'node:child_process';

/** Builds dist/ once before the tests: those that start a process start what users start. Types are another check's. */
export const setup = (): void => {
  execFileSync('npm', ['run', '--silent', 'build', '--', '--noCheck'], {
    cwd: new URL('../..', import.meta.url).pathname,
    stdio: 'inherit',
  });
};
