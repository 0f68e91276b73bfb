import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import { type Fragments, fragmentsOf } from './root-fields.ts';

/**
 * How much of a document may have to be merged. Validation and execution compare each two fields that share a response key, below
 * them each two again, and fragments with one another: 280 times `me { id }` in 2 KB take 45 ms. What people write stays far below.
 */
const maxComparisons = 3_000;

/**
 * Whether merging the fields of an operation takes more comparisons than are allowed. Counts what the executor would merge, fragments
 * expanded, and stops at the bound, so that counting is never much work itself.
 */
export const isTooRepetitive = (document: DocumentNode): boolean => {
  const fragments = fragmentsOf(document);
  return document.definitions.some(
    (node) =>
      node.kind === Kind.OPERATION_DEFINITION && !countDown(fragments, [node.selectionSet], { left: maxComparisons }),
  );
};

type Comparisons = { left: number };

/** False when the comparisons is spent. */
const countDown = (fragments: Fragments, sets: readonly SelectionSetNode[], comparisons: Comparisons): boolean => {
  const groups = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const pending = [...sets];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      comparisons.left -= selection.kind === Kind.FRAGMENT_SPREAD ? 1 + spread.size : 1;
      if (selection.kind === Kind.FIELD) comparisons.left -= addTo(groups, selection);
      if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) pending.push(fragment.selectionSet);
    }
    if (comparisons.left < 0) return false;
  }
  return [...groups.values()].every((fields) => {
    const below = fields.flatMap(({ selectionSet }) => selectionSet ?? []);
    return below.length === 0 || countDown(fragments, below, comparisons);
  });
};

/** Returns how many fields of the same response key were there before. */
const addTo = (groups: Map<string, FieldNode[]>, field: FieldNode): number => {
  const key = (field.alias ?? field.name).value;
  const group = groups.get(key);
  if (!group) {
    groups.set(key, [field]);
    return 0;
  }
  return group.push(field) - 1;
};
