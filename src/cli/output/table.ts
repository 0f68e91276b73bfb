import Table from 'cli-table3';
import { print, type Shell } from '../shell.ts';
import { escapeTerminal } from './escape-terminal.ts';

/** Prints rows for people: a drawn table on a terminal, aligned columns in a pipe. */
export const printTable = (shell: Shell, head: readonly string[], rows: readonly (readonly string[])[]): void =>
  print(shell, formatTable(head, rows, shell.stdout.isTTY === true));

/** Every cell is one line, safe to show on a terminal. */
export const formatTable = (head: readonly string[], rows: readonly (readonly string[])[], drawn: boolean): string => {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], ...(drawn ? {} : { 'padding-left': 0, 'padding-right': 2 }) },
    ...(drawn ? {} : { chars: noLines }),
  });
  table.push(...rows.map((row) => row.map(escapeTerminal)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

const noLines = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
};
