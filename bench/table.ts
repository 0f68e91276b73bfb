import type { Cell, ScenarioResult } from './bench.ts';

export const formatCell = (cell: Cell | undefined, digits = 0): string => {
  if (cell === null || cell === undefined) return '–';
  if (typeof cell !== 'number') return String(cell);
  const text = cell.toFixed(digits);
  return digits > 0 ? text : text.replace(/\B(?=(\d{3})+$)/g, ' ');
};

const cellsOf = ({ columns, rows }: ScenarioResult): readonly (readonly string[])[] => [
  columns.map(({ title }) => title),
  ...rows.map((row) => columns.map(({ key, digits }) => formatCell(row[key], digits))),
];

/** Aligned columns, names to the left, figures to the right. */
export const textTable = (result: ScenarioResult): string => {
  const lines = cellsOf(result);
  const widths = result.columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
};

export const markdownTable = (result: ScenarioResult): string => {
  const [head = [], ...body] = cellsOf(result);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [row(head), row(rule), ...body.map(row)].join('\n');
};
