import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { type ConditionValues, isSelected } from './conditions.ts';

/** What the fields of a selection set depend on. */
export type SelectionScope = {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly values: ConditionValues;
};

export const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> => {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  return fragments;
};

/**
 * Returns the fields that are resolved on an object of exactly this type, whatever their response keys, in the order in which the
 * executor collects them. Introspection fields are left out.
 */
export const selectedFields = (
  scope: SelectionScope,
  set: SelectionSetNode,
  type: GraphQLObjectType,
): readonly FieldNode[] => {
  const fields: FieldNode[] = [];
  const spread = new Set<Fragment>();
  const pending = [...set.selections].reverse();
  for (let selection = pending.pop(); selection !== undefined; selection = pending.pop()) {
    if (!isSelected(selection, scope.values)) continue;
    if (selection.kind === Kind.FIELD) {
      if (!selection.name.value.startsWith('__')) fields.push(selection);
      continue;
    }
    const fragment = fragmentOf(scope, selection);
    if (!fragment || spread.has(fragment)) continue;
    spread.add(fragment);
    if (!appliesTo(scope.schema, fragment.typeCondition?.name.value, type)) continue;
    for (const inner of [...fragment.selectionSet.selections].reverse()) pending.push(inner);
  }
  return fields;
};

type Fragment = InlineFragmentNode | FragmentDefinitionNode;

/** Returns the fragment that is spread, undefined for the name of none. */
export const fragmentOf = (
  { fragments }: SelectionScope,
  spread: InlineFragmentNode | FragmentSpreadNode,
): Fragment | undefined => (spread.kind === Kind.INLINE_FRAGMENT ? spread : fragments.get(spread.name.value));

/** Returns whether a fragment with this type condition is resolved on an object of exactly this type. */
export const appliesTo = (schema: GraphQLSchema, condition: string | undefined, type: GraphQLObjectType): boolean => {
  const target = condition === undefined ? type : schema.getType(condition);
  return target === type || (isAbstractType(target) && schema.isSubType(target, type));
};
