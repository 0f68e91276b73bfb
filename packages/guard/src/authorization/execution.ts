import type { GraphQLResolveInfo } from 'graphql';
import { type OperationMark, operationOf } from '../domain/viewer-binding.ts';

type Path = GraphQLResolveInfo['path'];

/** Where an execution of an operation that has its context for itself was last seen. */
type Seen<State> = {
  readonly operation: OperationMark;
  readonly variables: unknown;
  readonly rootKey: string | number | null;
  readonly state: State;
};

/**
 * Returns a function that returns the state of the execution that a field belongs to. Each event of a subscription and each root field
 * of a mutation has its own. Never the state of another execution: where it cannot be told, it is a new one.
 */
export const createExecutions = <State>(
  create: () => State,
): ((context: unknown, info: GraphQLResolveInfo) => State) => {
  /** Names this function's part in the mark of an operation; others, of further guarded schemas, have a WeakMap. */
  const part = {};
  const byOperation = new WeakMap<object, Seen<State>>();
  const byRoot = new WeakMap<object, State>();
  let last: Seen<State> | null = null;

  const ofRoot = (root: Path): State => {
    const state = byRoot.get(root) ?? create();
    byRoot.set(root, state);
    return state;
  };

  const find = (operation: OperationMark): Seen<State> | undefined =>
    operation.part === part ? (operation.seen as Seen<State>) : byOperation.get(operation);

  const keep = (operation: OperationMark, seen: Seen<State>): void => {
    operation.part ??= part;
    if (operation.part === part) operation.seen = seen;
    else byOperation.set(operation, seen);
  };

  return (context, info) => {
    const type = info.operation.operation;
    const operation = type === 'subscription' ? null : operationOf(context);
    // Of events only the path tells one from the next: graphql makes a new one for each root field that it resolves.
    if (operation === null) return ofRoot(rootOf(info.path));
    // Compiled queries make a new path for every field, and the variables tell an operation from one that it runs inside.
    const variables: unknown = info.variableValues;
    const rootKey = type === 'mutation' ? rootOf(info.path).key : null;
    let seen = last?.operation === operation ? last : find(operation);
    if (seen === undefined || seen.variables !== variables || seen.rootKey !== rootKey) {
      seen = { operation, variables, rootKey, state: create() };
      keep(operation, seen);
    }
    last = seen;
    return seen.state;
  };
};

const rootOf = (path: Path): Path => {
  let root = path;
  while (root.prev !== undefined) root = root.prev;
  return root;
};
