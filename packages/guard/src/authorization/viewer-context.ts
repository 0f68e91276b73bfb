import { anonymous, type Viewer } from '../domain/viewer.ts';

/** Not exported and not a string, so nothing from a request that is merged into a context can set the viewer. */
const viewerKey = Symbol('fieldgate.viewer');

/** What `withViewer` adds to a context, for resolvers to read. The guard itself does not read this property. */
export type ViewerContext = { readonly viewer: Viewer };

/**
 * Returns a copy of the context for one operation, with the verified viewer in it. The given object is not changed: a
 * context shared by many requests cannot carry one caller's rights into another's operation. Own properties are copied and
 * the prototype is kept, so methods of a context class work.
 *
 * @example
 * const result = await execute({ schema, document, contextValue: withViewer({ orders }, viewer) });
 */
export const withViewer = <Context extends object>(context: Context | null | undefined, viewer: Viewer) => {
  const copy: object = Object.create(context ? Object.getPrototypeOf(context) : Object.prototype);
  return Object.assign(copy, context, { viewer, [viewerKey]: viewer }) as Context & ViewerContext;
};

/**
 * Returns the verified caller of this operation. Anonymous if no credential was presented, if the operation selects nothing
 * guarded (then nothing was verified), and for contexts that do not come from `withViewer`.
 *
 * @example
 * const myOrders = (_parent: unknown, _args: unknown, context: unknown) => {
 *   const viewer = viewerOf(context);
 *   return viewer.kind === 'account' ? orders.byOwner(viewer.id) : [];
 * };
 */
export const viewerOf = <Account = unknown>(context: unknown): Viewer<Account> => {
  if (typeof context !== 'object' || context === null) {
    return anonymous;
  }
  return (context as { readonly [viewerKey]?: Viewer<Account> })[viewerKey] ?? anonymous;
};
