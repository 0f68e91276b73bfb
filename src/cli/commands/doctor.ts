import type { Command } from 'commander';
import { diagnose } from '../doctor/diagnose.ts';
import type { DoctorResult } from '../doctor/result.ts';
import { type CommandDeps, helpText, type JsonOption, jsonOption } from '../options.ts';
import { printTable } from '../output/table.ts';
import { type ExitCode, print, printJson, type Shell } from '../shell.ts';

export const addDoctorCommand = (program: Command, { shell, run }: CommandDeps): void => {
  program
    .command('doctor')
    .description('check configuration, data, keys, clock and port, and say how to fix what is wrong')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes: 'Exits with 1 if a check fails, with 0 if there are only warnings. Changes nothing.',
        examples: ['doctor'],
        json: '{ ok, checks: [{ check, status: "ok" | "warn" | "fail", message, advice }] }',
      }),
    )
    .action((options: JsonOption) => run(runDoctor(shell, options)));
};

const runDoctor = async (shell: Shell, { json }: JsonOption): Promise<ExitCode> => {
  const results = await diagnose(shell);
  const isHealthy = results.every(({ status }) => status !== 'fail');
  if (json) printJson(shell, { ok: isHealthy, checks: results });
  else printResults(shell, results);
  return isHealthy ? 0 : 1;
};

const marks = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;

const printResults = (shell: Shell, results: readonly DoctorResult[]): void => {
  printTable(
    shell,
    ['', 'CHECK', 'RESULT'],
    results.map(({ status, check, message }) => [marks[status], check, message]),
  );
  const withAdvice = results.filter(({ advice }) => advice !== null);
  if (withAdvice.length === 0) return;
  print(shell, '\nWhat to do:');
  for (const { check, advice } of withAdvice) print(shell, `  ${check}: ${advice}`);
};
