import { type AccessRow, serverAccessMatrix } from '../../boot/schema-rights.ts';
import { printTable } from '../output/table.ts';
import { type ExitCode, printJson, type Shell } from '../shell.ts';

/** Who may read what: the page to review when access changes. */
export const printMatrix = async (shell: Shell, { json }: { readonly json?: boolean }): Promise<ExitCode> => {
  const fields = serverAccessMatrix();
  if (json) {
    printJson(shell, { fields });
    return 0;
  }
  const callers = Object.keys(fields[0]?.access ?? {});
  printTable(
    shell,
    ['FIELD', ...callers, 'NOTE'],
    fields.map((row) => [row.coordinate, ...callers.map((caller) => row.access[caller] ?? ''), noteOf(row)]),
  );
  return 0;
};

const noteOf = ({ scopes, policies, public: isPublic }: AccessRow): string =>
  [
    ...(isPublic ? ['@public'] : []),
    ...policies.map((name) => `policy ${name}`),
    ...scopes.map((sets) => `scopes ${sets.map((set) => set.join(' and ')).join(', or ')}`),
  ].join('; ');
