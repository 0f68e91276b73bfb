import { parseAst } from 'vitest/node';

export type Import = { readonly specifier: string; readonly isTypeOnly: boolean };

export type FunctionSize = { readonly name: string; readonly lines: number };

type Node = Readonly<Record<string, unknown>> & { readonly type: string; readonly start: number; readonly end: number };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const childrenOf = (node: Node): readonly Node[] => Object.values(node).flat().filter(isNode);

const walk = (
  node: Node,
  visit: (node: Node, parents: readonly Node[]) => void,
  parents: readonly Node[] = [],
): void => {
  visit(node, parents);
  for (const child of childrenOf(node)) walk(child, visit, [...parents, node]);
};

const parse = (text: string): Node => {
  const program: unknown = parseAst(text.replace(/^#!.*/, ''), { lang: 'ts' });
  if (!isNode(program)) throw new Error('The parser returned no program.');
  return program;
};

const sourceOf = ({ source }: Node): string | null =>
  isNode(source) && typeof source['value'] === 'string' ? source['value'] : null;

/** Every module a file imports or re-exports from, `import()` included. */
export const importsIn = (text: string): readonly Import[] => {
  const imports: Import[] = [];
  walk(parse(text), (node) => {
    const specifier = /^(?:Import|Export|TSImport)/.test(node.type) ? sourceOf(node) : null;
    if (specifier === null) return;
    const isTypeOnly = node.type === 'TSImportType' || (node['importKind'] ?? node['exportKind']) === 'type';
    imports.push({ specifier, isTypeOnly });
  });
  return imports;
};

const functionTypes = ['ArrowFunctionExpression', 'FunctionDeclaration', 'FunctionExpression'];

/**
 * Every function of a file by the name it is assigned to, with its lines: empty ones and those of functions inside it, which
 * are counted by themselves, left out. A factory is as long as what it does itself.
 */
export const functionsIn = (text: string): readonly FunctionSize[] => {
  const functions: FunctionSize[] = [];
  walk(parse(text), (node, parents) => {
    if (!functionTypes.includes(node.type)) return;
    const inside = outermostFunctionsIn(node).reduce((sum, each) => sum + linesOf(text, each) - 1, 0);
    const name = nameOf(node) ?? parents.map(nameOf).findLast((found) => found !== null) ?? '';
    functions.push({ name, lines: linesOf(text, node) - inside });
  });
  return functions;
};

const linesOf = (text: string, { start, end }: Node): number =>
  text
    .slice(start, end)
    .split('\n')
    .filter((line) => line.trim() !== '').length;

const outermostFunctionsIn = (node: Node): readonly Node[] =>
  childrenOf(node).flatMap((child) => (functionTypes.includes(child.type) ? [child] : outermostFunctionsIn(child)));

const nameOf = ({ id, key }: Node): string | null => {
  for (const named of [id, key]) {
    if (isNode(named) && typeof named['name'] === 'string') return named['name'];
  }
  return null;
};

/** The text without block comments and without lines that are a comment. */
export const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
