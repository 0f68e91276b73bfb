import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { errorExtensions } from '../authorization/errors.ts';
import { GuardError } from '../domain/errors.ts';

/** The most that a document may be. A limit that is left out has its default; `Infinity` is none. */
export type DocumentLimits = {
  /** Levels of fields. Default: 15, which the introspection query of graphql-js needs. */
  readonly depth?: number;
  /** Aliases of an operation, with its fragments expanded. Default: 30. */
  readonly aliases?: number;
  /** Tokens of the document. `parse(text, { maxTokens })` refuses them before. Default: 2000. */
  readonly tokens?: number;
  /** Fields of the root type, one for each response key. Default: 20. */
  readonly rootFields?: number;
  /** How often fields that share a response key are compared, which validation and execution do with each two. Default: 3000. */
  readonly repeatedFields?: number;
};

type Limits = Readonly<Record<keyof DocumentLimits, number>>;

const defaults: Limits = { depth: 15, aliases: 30, tokens: 2_000, rootFields: 20, repeatedFields: 3_000 };

const reasons: Readonly<Record<keyof DocumentLimits, string>> = {
  depth: 'DEPTH',
  aliases: 'ALIASES',
  tokens: 'TOKENS',
  rootFields: 'ROOT_FIELDS',
  repeatedFields: 'REPEATED_FIELDS',
};

const messages: Readonly<Record<keyof DocumentLimits, (limit: number) => string>> = {
  depth: (limit) => `An operation may be at most ${limit} levels deep.`,
  aliases: (limit) => `An operation may have at most ${limit} aliases.`,
  tokens: (limit) => `A document may have at most ${limit} tokens.`,
  rootFields: (limit) => `An operation may have at most ${limit} root fields.`,
  repeatedFields: () => 'The document selects the same fields too often. Select each once.',
};

/**
 * Returns the error of a document that is more than it may be, null for any other. Call it between parsing and validation, which takes
 * quadratic time for some documents. The document need not be valid. Its cost is bounded by the limits.
 *
 * @example
 * const error = checkDocument(document, { depth: 10 });
 * if (error) return { errors: [toGraphQLError(error)] };
 */
export const checkDocument = (document: DocumentNode, options: DocumentLimits = {}): GuardError | null => {
  const limits: Limits = { ...defaults, ...options };
  if ((document.tokenCount ?? 0) > limits.tokens) return limitError('tokens', limits);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const broken = brokenLimit(node, fragments, limits);
    if (broken) return limitError(broken, limits);
  }
  return null;
};

/**
 * Returns a validation rule with these limits, for servers that take rules: `validationRules: [documentLimits()]`. Other rules run
 * beside it, so `checkDocument` before validation refuses for less work.
 *
 * @example
 * const validationRules = [documentLimits({ depth: 10 })];
 */
export const documentLimits =
  (options: DocumentLimits = {}): ValidationRule =>
  (context: ValidationContext): ASTVisitor => ({
    Document: (document) => {
      const error = checkDocument(document, options);
      if (error) context.reportError(new GraphQLError(error.message, { extensions: { ...errorExtensions(error) } }));
    },
  });

const limitError = (limit: keyof Limits, limits: Limits): GuardError =>
  new GuardError('QUERY_LIMIT_EXCEEDED', { reason: reasons[limit] }, messages[limit](limits[limit]));

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

const brokenLimit = (
  { selectionSet }: OperationDefinitionNode,
  fragments: Fragments,
  limits: Limits,
): keyof Limits | null => {
  const { depth, aliases } = measure(selectionSet, fragments);
  if (depth > limits.depth) return 'depth';
  if (aliases > limits.aliases) return 'aliases';
  const roots = groupFields([selectionSet], fragments, { left: Number.POSITIVE_INFINITY });
  if (roots.size > limits.rootFields) return 'rootFields';
  return countDown([selectionSet], fragments, { left: limits.repeatedFields }) ? null : 'repeatedFields';
};

type Measure = { readonly depth: number; readonly aliases: number };
const nothing: Measure = { depth: 0, aliases: 0 };

/** A fragment is measured once, wherever it is spread. One that spreads itself, which validation refuses, counts once. */
const measure = (selectionSet: SelectionSetNode, fragments: Fragments): Measure => {
  const known = new Map<string, Measure>();
  const ofSpread = (name: string): Measure => {
    const found = known.get(name);
    if (found) return found;
    known.set(name, nothing);
    const fragment = fragments.get(name);
    const own = fragment ? ofSet(fragment.selectionSet) : nothing;
    known.set(name, own);
    return own;
  };
  const ofSelection = (selection: SelectionNode): Measure => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofSpread(selection.name.value);
    const below = selection.selectionSet ? ofSet(selection.selectionSet) : nothing;
    if (selection.kind === Kind.INLINE_FRAGMENT) return below;
    return { depth: below.depth + 1, aliases: below.aliases + (selection.alias ? 1 : 0) };
  };
  const ofSet = ({ selections }: SelectionSetNode): Measure =>
    selections
      .map(ofSelection)
      .reduce(
        (sum, part) => ({ depth: Math.max(sum.depth, part.depth), aliases: sum.aliases + part.aliases }),
        nothing,
      );
  return ofSet(selectionSet);
};

type Budget = { left: number };

/** Returns false when the budget is spent: it counts what the executor would merge, and stops there. */
const countDown = (sets: readonly SelectionSetNode[], fragments: Fragments, budget: Budget): boolean => {
  const groups = groupFields(sets, fragments, budget);
  if (budget.left < 0) return false;
  return [...groups.values()].every((fields) => {
    const below = fields.flatMap(({ selectionSet }) => selectionSet ?? []);
    return below.length === 0 || countDown(below, fragments, budget);
  });
};

/** Returns the fields by response key, fragments expanded. Each costs as many comparisons as there are fields of its key before it. */
const groupFields = (sets: readonly SelectionSetNode[], fragments: Fragments, budget: Budget) => {
  const groups = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const pending = [...sets];
  for (let set = pending.pop(); set !== undefined && budget.left >= 0; set = pending.pop()) {
    for (const selection of set.selections) {
      budget.left -= selection.kind === Kind.FRAGMENT_SPREAD ? 1 + spread.size : 1;
      if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
      if (selection.kind === Kind.FIELD) budget.left -= addTo(groups, selection);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) pending.push(fragment.selectionSet);
    }
  }
  return groups;
};

/** Returns how many fields of the same response key were there before. */
const addTo = (groups: Map<string, FieldNode[]>, field: FieldNode): number => {
  const key = (field.alias ?? field.name).value;
  const group = groups.get(key);
  if (group) return group.push(field) - 1;
  groups.set(key, [field]);
  return 0;
};
