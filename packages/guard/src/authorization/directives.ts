import { type ConstDirectiveNode, valueFromASTUntyped } from 'graphql';
import { type RawArguments, readExtensionDirectives } from './extension-directives.ts';

type NodeWithDirectives = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

/** A schema element with directives: in its SDL, or in its `extensions` if it was built in code. */
export type Directed = {
  readonly astNode?: NodeWithDirectives | null | undefined;
  readonly extensionASTNodes?: readonly NodeWithDirectives[] | null | undefined;
  readonly extensions?: Readonly<Record<PropertyKey, unknown>> | null | undefined;
};

/** Returns the directives of one element and its extensions in its SDL. */
export const directiveNodes = (element: Directed): readonly ConstDirectiveNode[] =>
  [element.astNode, ...(element.extensionASTNodes ?? [])].flatMap((node) => node?.directives ?? []);

/** Returns the arguments of each use of a directive on one element and its extensions. A repeated argument is null, which is invalid. */
export const directiveUses = (element: Directed, name: string): readonly RawArguments[] => [
  ...directiveNodes(element)
    .filter((node) => node.name.value === name)
    .map(argumentsOf),
  ...readExtensionDirectives(element.extensions)
    .uses.filter((use) => use.name === name)
    .map(({ args }) => args),
];

const argumentsOf = (node: ConstDirectiveNode): RawArguments => {
  const values: Record<string, unknown> = Object.create(null);
  for (const { name, value } of node.arguments ?? []) {
    values[name.value] = name.value in values ? null : valueFromASTUntyped(value);
  }
  return values;
};
