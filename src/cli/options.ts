import type { ExitCode } from './shell.ts';

/** Takes the outcome of a command that has begun. */
export type Run = (exitCode: Promise<ExitCode>) => Promise<void>;

export const jsonOption = ['--json', 'print JSON'] as const;
export const account = 'email or id of the account';
