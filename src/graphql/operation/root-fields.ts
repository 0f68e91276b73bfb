import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Returns the fragments of a document by name. */
export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );

/**
 * Returns the root fields of an operation by response key: fields that share one are resolved once. Whether `@skip` and
 * `@include` take them does not matter here. The document need not be valid.
 */
export const rootFieldsOf = (
  operation: OperationDefinitionNode,
  fragments: Fragments,
): ReadonlyMap<string, FieldNode> => {
  const fields = new Map<string, FieldNode>();
  const spread = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.set((selection.alias ?? selection.name).value, selection);
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue;
      const fragment = fragments.get(selection.name.value);
      spread.add(selection.name.value);
      if (fragment) collect(fragment.selectionSet);
    }
  };
  collect(operation.selectionSet);
  return fields;
};

/** Whether the field is `__schema` or `__type`. */
export const isAboutSchema = (name: string): boolean => name === '__schema' || name === '__type';

/** Whether the operation asks for `__schema` or `__type`. */
export const asksForSchema = (document: DocumentNode, operation: OperationDefinitionNode): boolean =>
  [...rootFieldsOf(operation, fragmentsOf(document)).values()].some(({ name }) => isAboutSchema(name.value));
