import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { Place } from './check.ts';

/** Returns what the node of an edge completes to, as its field would. Throws or rejects if the field would. */
export type ReadNode = (edge: unknown, place: Place) => MaybePromise<unknown>;

type Peeked = { readonly context: unknown; readonly node: unknown };

export type Edges = ReturnType<typeof createEdges>;

/**
 * Looks at the nodes of edges before the edges are completed, because an edge goes with its node. What was looked at is kept for the
 * field `node`, so that its resolver runs once.
 */
export const createEdges = () => {
  const readers = new Map<string, { readonly type: GraphQLObjectType; readonly read: ReadNode }>();
  const peeked = new WeakMap<object, Peeked>();

  const add = (type: GraphQLObjectType, read: ReadNode): void => {
    readers.set(type.name, { type, read });
  };

  /** Returns the completed node of an edge of this type. An error is returned, not thrown: it belongs to the field `node`. */
  const peek = (edgeType: string, edge: unknown, { context, info }: Place): MaybePromise<unknown> => {
    const reader = readers.get(edgeType);
    if (reader === undefined) return undefined;
    const keep = (node: unknown): unknown => {
      if (typeof edge === 'object' && edge !== null) peeked.set(edge, { context, node });
      return node;
    };
    try {
      const node = reader.read(edge, { context, info: nodeInfo(reader.type, info) });
      return isPromise(node) ? node.then(keep, keep) : keep(node);
    } catch (error) {
      return keep(error);
    }
  };

  const recall = (edge: unknown, context: unknown): Peeked | undefined => {
    const found = typeof edge === 'object' && edge !== null ? peeked.get(edge) : undefined;
    return found?.context === context ? found : undefined;
  };

  return { add, peek, recall };
};

/** Returns the info that the resolver of `node` gets. The path lacks the index of the edge, which is not known yet. */
const nodeInfo = (edge: GraphQLObjectType, info: GraphQLResolveInfo): GraphQLResolveInfo => {
  const selected = info.fieldNodes.flatMap(({ selectionSet }) => (selectionSet ? nodesIn(selectionSet, info) : []));
  return {
    ...info,
    fieldName: 'node',
    fieldNodes: selected.length > 0 ? selected : [nodeField],
    parentType: edge,
    returnType: edge.getFields()['node']?.type ?? info.returnType,
    path: { prev: info.path, key: 'node', typename: edge.name },
  };
};

const nodeField: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: 'node' } };

const nodesIn = ({ selections }: SelectionSetNode, info: GraphQLResolveInfo): readonly FieldNode[] =>
  selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === 'node' ? [selection] : [];
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value];
    return fragment ? nodesIn(fragment.selectionSet, info) : [];
  });
