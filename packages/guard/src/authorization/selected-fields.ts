import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
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
 * Returns the fields that are resolved on an object of exactly this type, whatever their response keys, as the executor
 * collects them. Introspection fields are left out. `spread`: the fragments that were spread already.
 */
export const selectedFields = (
  scope: SelectionScope,
  set: SelectionSetNode,
  type: GraphQLObjectType,
  spread: Set<string> = new Set(),
): readonly FieldNode[] =>
  set.selections.flatMap((selection) => {
    if (!isSelected(selection, scope.values)) {
      return [];
    }
    if (selection.kind === Kind.FIELD) {
      return selection.name.value.startsWith('__') ? [] : [selection];
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const applies = appliesTo(scope.schema, selection.typeCondition?.name.value, type);
      return applies ? selectedFields(scope, selection.selectionSet, type, spread) : [];
    }
    const fragment = scope.fragments.get(selection.name.value);
    if (!fragment || spread.has(fragment.name.value)) {
      return [];
    }
    if (!appliesTo(scope.schema, fragment.typeCondition.name.value, type)) {
      return [];
    }
    return selectedFields(scope, fragment.selectionSet, type, spread.add(fragment.name.value));
  });

const appliesTo = (schema: GraphQLSchema, condition: string | undefined, type: GraphQLObjectType): boolean => {
  const target = condition === undefined ? type : schema.getType(condition);
  return target === type || (isAbstractType(target) && schema.isSubType(target, type));
};
