import { type ConstDirectiveNode, valueFromASTUntyped } from 'graphql';

type NodeWithDirectives = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

/** A schema element with directives: in its SDL, or in its `extensions` if it was built in code. */
export type Directed = {
  readonly astNode?: NodeWithDirectives | null | undefined;
  readonly extensionASTNodes?: readonly NodeWithDirectives[] | null | undefined;
  readonly extensions?: Readonly<Record<PropertyKey, unknown>> | null | undefined;
};

export type RawArguments = Readonly<Record<string, unknown>>;

/** Returns the arguments of each use of a directive on one element and its extensions. A repeated argument is null, which is invalid. */
export const directiveUses = (element: Directed, name: string): readonly RawArguments[] => {
  const nodes = [element.astNode, ...(element.extensionASTNodes ?? [])].flatMap((node) => node?.directives ?? []);
  return [...nodes.filter((node) => node.name.value === name).map(argumentsOf), ...extensionUses(element, name)];
};

const argumentsOf = (node: ConstDirectiveNode): RawArguments => {
  const values: Record<string, unknown> = Object.create(null);
  for (const { name, value } of node.arguments ?? []) {
    values[name.value] = name.value in values ? null : valueFromASTUntyped(value);
  }
  return values;
};

/** Code-first schemas keep directives in `extensions.directives`: `{auth: args | args[]}` or `[{name, args}]`. */
const extensionUses = ({ extensions }: Directed, name: string): readonly RawArguments[] => {
  const directives = extensions?.['directives'];
  if (Array.isArray(directives)) {
    return directives.filter((use) => use?.name === name).map((use) => use.args ?? {});
  }
  if (!isRecord(directives) || !Object.hasOwn(directives, name)) {
    return [];
  }
  return [directives[name]].flat().map((args) => (isRecord(args) ? args : {}));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
