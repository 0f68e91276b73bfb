import { anonymous, type Viewer } from '../domain/viewer.ts';

/**
 * Where the guard finds the viewer. Not exported, and not a string: no request body, header or variable that ends up on
 * a context can name it.
 */
const viewerKey = Symbol('fieldgate.viewer');

/** What `withViewer` adds to a context. For resolvers to read; the guard does not look at it. */
export type ViewerContext = { readonly viewer: Viewer };

/**
 * A context of its own for one operation, with the verified viewer in it. The object passed in stays as it was, so that
 * a context shared by many requests (a constant, say) cannot carry one caller's rights into another's operation.
 */
export const withViewer = <Context extends object>(context: Context | null | undefined, viewer: Viewer) => {
  // Own properties are copied and the prototype kept: a resolver that spreads its context gets what it always got.
  const own: object = Object.create(context ? Object.getPrototypeOf(context) : Object.prototype);
  return Object.assign(own, context, { viewer, [viewerKey]: viewer }) as Context & ViewerContext;
};

/**
 * Who asks, as verified for this operation. Anonymous where nothing was presented, where the operation has nothing
 * guarded in it (then nothing was verified), and for a context that never went through the gate.
 */
export const viewerOf = <Account = unknown>(context: unknown): Viewer<Account> => {
  if (typeof context !== 'object' || context === null) {
    return anonymous;
  }
  return (context as { readonly [viewerKey]?: Viewer<Account> })[viewerKey] ?? anonymous;
};
