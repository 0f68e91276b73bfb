import { refusalError } from '@fieldgate/guard/server';
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { AppError } from '../../domain/errors.ts';
import type { FieldLimits } from './field-limits.ts';
import { pageSizes, type Variables } from './page-size.ts';
import { fragmentsOf, rootFieldsOf } from './root-fields.ts';

/**
 * The most that one operation may be. The introspection query of graphql-js is 15 levels deep. What a page of 100 costs
 * depends on what is read of each row: 48 fields are allowed, another list of 100 in it is not.
 */
const queryLimits = {
  depth: 15,
  aliases: 30,
  directives: 50,
  rootFields: 20,
  credentials: 1,
  cost: 5_000,
} as const;

type Limit = keyof typeof queryLimits;

const refusals: Readonly<Record<Limit, { readonly reason: string; readonly message: string }>> = {
  depth: { reason: 'DEPTH', message: `An operation may be at most ${queryLimits.depth} levels deep.` },
  aliases: { reason: 'ALIASES', message: `An operation may have at most ${queryLimits.aliases} aliases.` },
  directives: { reason: 'DIRECTIVES', message: `An operation may have at most ${queryLimits.directives} directives.` },
  rootFields: {
    reason: 'ROOT_FIELDS',
    message: `An operation may have at most ${queryLimits.rootFields} root fields.`,
  },
  credentials: { reason: 'CREDENTIALS', message: 'An operation may sign in, sign up or refresh only once.' },
  cost: {
    reason: 'COST',
    message: `An operation may cost at most ${queryLimits.cost}: ask for fewer fields or shorter pages.`,
  },
};

/** The error of a document that repeats itself: see `isTooRepetitive`. */
export const repetitionError = (): GraphQLError =>
  limitError({
    reason: 'REPEATED_FIELDS',
    message: 'The document selects the same fields too often. Select each once.',
  });

export const limitError = ({ reason, message }: (typeof refusals)[Limit]): GraphQLError =>
  refusalError({ error: new AppError('QUERY_LIMIT_EXCEEDED', { reason }, message), presented: false }, null);

/** The measure of a selection with its fragments expanded: one that is spread twice counts twice. */
type Measure = {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly cost: number;
};

/** The limits that the document alone decides. Its cost depends on the variables too. */
export const limitsOfShape = ['depth', 'aliases', 'directives', 'rootFields', 'credentials'] as const;

/**
 * The first limit any operation of the document breaks, or null. Without variables, those that name the size of a page are
 * taken to ask for the largest. The document need not be valid; its size bounds the recursion.
 */
export const brokenLimit = (
  deps: MeasureDeps,
  document: DocumentNode,
  { limits, variables = null }: { readonly limits: readonly Limit[]; readonly variables?: Variables },
): GraphQLError | null => {
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const measured = measure(deps, document, { operation, variables });
    const broken = limits.find((limit) => measured[limit] > queryLimits[limit]);
    if (broken) return limitError(refusals[broken]);
  }
  return null;
};

type MeasureDeps = { readonly schema: GraphQLSchema; readonly fieldLimits: FieldLimits };
type Measured = Readonly<Record<Limit, number>>;

const measure = (
  { schema, fieldLimits }: MeasureDeps,
  document: DocumentNode,
  { operation, variables }: { readonly operation: OperationDefinitionNode; readonly variables: Variables },
): Measured => {
  const fragments = fragmentsOf(document);
  const sizeOf = pageSizes(operation, variables);
  const known = new Map<string, Measure>();

  const measureSelectionSet = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): Measure => {
    let [depth, aliases, directives, cost] = [0, 0, 0, 0];
    for (const selection of set.selections) {
      const part =
        selection.kind === Kind.FIELD
          ? measureField(selection, parent)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? measureSelectionSet(selection.selectionSet, typeNamed(selection.typeCondition?.name.value) ?? parent)
            : measureFragment(selection.name.value);
      depth = Math.max(depth, part.depth);
      aliases += part.aliases;
      directives += part.directives + countOf(selection.directives);
      cost += part.cost;
    }
    return { depth, aliases, directives, cost };
  };

  const measureField = (node: FieldNode, parent: GraphQLNamedType | undefined): Measure => {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    const below = node.selectionSet
      ? measureSelectionSet(node.selectionSet, field && getNamedType(field.type))
      : nothing;
    const times = field && below.cost > 0 ? sizeOf(node, { parent, field }) : 1;
    return {
      depth: below.depth + 1,
      aliases: below.aliases + (node.alias ? 1 : 0),
      directives: below.directives,
      // Introspection asks no store, and a rule of the specification bounds how deep it goes.
      cost: node.name.value.startsWith('__') ? 0 : 1 + times * below.cost,
    };
  };

  /** Measured once, wherever it is spread. Validation refuses a fragment that spreads itself. */
  const measureFragment = (name: string): Measure => {
    const found = known.get(name);
    if (found) return found;
    const fragment = fragments.get(name);
    if (!fragment) return nothing;
    known.set(name, nothing);
    const measured = measureSelectionSet(fragment.selectionSet, typeNamed(fragment.typeCondition.name.value));
    const own = { ...measured, directives: measured.directives + countOf(fragment.directives) };
    known.set(name, own);
    return own;
  };

  const typeNamed = (name: string | undefined) => (name === undefined ? undefined : schema.getType(name));
  const root = schema.getRootType(operation.operation) ?? undefined;
  const whole = measureSelectionSet(operation.selectionSet, root);
  const roots = [...rootFieldsOf(operation, fragments).values()];
  const isMutation = operation.operation === OperationTypeNode.MUTATION;
  return {
    ...whole,
    directives: whole.directives + countOf(operation.directives),
    rootFields: roots.length,
    credentials: isMutation
      ? roots.filter(({ name }) => isAttempt(fieldLimits, `${root?.name}.${name.value}`)).length
      : 0,
  };
};

/** Whether a field tries a credential or creates an account. */
const isAttempt = (limits: FieldLimits, coordinate: string): boolean =>
  (limits.get(coordinate)?.bucket ?? 'none') !== 'none';

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, cost: 0 };

const countOf = (directives: readonly DirectiveNode[] | undefined): number => directives?.length ?? 0;
