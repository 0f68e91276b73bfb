import { createPrivateRecord } from './private-record.ts';
import { anonymous, isOwnViewer, isSameViewer, ownViewer, type Viewer } from './viewer.ts';

/** Stands for one operation, and keeps what is known of its execution: a WeakMap of many operations would slow every garbage collection. */
export type OperationMark = { part: object | null; seen: unknown };

/** What the operations that run with one context object have in common. */
type Binding = {
  /** Null while no operation runs. */
  viewer: Viewer | null;
  running: number;
  /** Stands for the operation that runs. Null: none runs, or several share the context. */
  operation: OperationMark | null;
  /** The name of the property that was added to the context. Null: it is not ours to write. */
  property: string | null;
};

/**
 * By context. Nothing from a request that is merged into a context can set a viewer, a copy of a context has none, and a
 * resolver cannot change what is kept here.
 */
const bindings = createPrivateRecord<Binding>();

/**
 * What was found for the last context: in a list the same one is asked about a thousand times. Forgotten whenever a binding
 * changes.
 */
let lastContext: unknown;
let lastViewer: Viewer = anonymous;
let lastOperation: OperationMark | null = null;

const forgetLast = (): void => {
  lastContext = undefined;
  lastViewer = anonymous;
  lastOperation = null;
};

const find = (context: unknown): void => {
  // A copy is bound when it is asked about first.
  const viewer = bindingOf(context)?.viewer ?? viewerOfCopy(context);
  lastContext = context;
  lastViewer = viewer;
  lastOperation = bindingOf(context)?.operation ?? null;
};

const bindingOf = (context: unknown): Binding | undefined =>
  isContextObject(context) ? bindings.get(context) : undefined;

/** Returns whether the guard can keep a viewer beside this value. */
export const isContextObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/**
 * Binds the viewer to the context for an operation. Returns false, and changes nothing, while an operation of another viewer
 * runs with the same object. Call `releaseViewer` once for each time it returned true, unless the context was made for this
 * operation alone. `property` names the property that shows the viewer to resolvers; it is added only where there is room.
 */
export const bindViewer = (context: object, viewer: Viewer, property: string | null): boolean => {
  const own = ownViewer(viewer);
  const binding = bindings.get(context) ?? createBinding(context);
  if (binding.viewer !== null && !isSameViewer(binding.viewer, own)) return false;
  binding.viewer = own;
  binding.operation = binding.running === 0 ? { part: null, seen: null } : null;
  binding.running += 1;
  forgetLast();
  if (property !== null) showViewer(context, binding, own, property);
  return true;
};

const createBinding = (context: object): Binding => {
  const binding: Binding = { viewer: null, running: 0, operation: null, property: null };
  bindings.add(context, binding);
  return binding;
};

/** Ends what `bindViewer` began. After the last operation the context has no viewer, so nobody inherits one. */
export const releaseViewer = (context: object): void => {
  const binding = bindings.get(context);
  if (binding === undefined || binding.running === 0) return;
  binding.running -= 1;
  if (binding.running > 0) return;
  binding.viewer = null;
  binding.operation = null;
  forgetLast();
  if (binding.property !== null) hideViewer(context, binding.property);
};

/**
 * A property of the embedder's is never read, because it may be a getter, and never overwritten. What a resolver wrote into
 * ours stays until the context serves the next operation.
 */
const showViewer = (context: object, binding: Binding, value: Viewer, property: string): void => {
  try {
    if (binding.property !== property && !hasRoom(context, property)) return;
    const isSet = Reflect.defineProperty(context, property, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    if (isSet) binding.property = property;
  } catch {
    // A Proxy may throw on any access. The property is a convenience, so its context goes without.
  }
};

const hasRoom = (context: object, property: string): boolean =>
  Object.isExtensible(context) && !Object.hasOwn(context, property) && !isTheirs(context, property);

/** Returns whether the prototypes have the property, other than as the viewer of a context that this one was derived from. */
const isTheirs = (context: object, property: string): boolean => {
  if (!(property in context)) return false;
  let owner: object | null = Object.getPrototypeOf(context);
  while (owner !== null && !Object.hasOwn(owner, property)) owner = Object.getPrototypeOf(owner);
  return owner === null || !isOwnViewer(Object.getOwnPropertyDescriptor(owner, property)?.value);
};

const hideViewer = (context: object, property: string): void => {
  try {
    const descriptor = Object.getOwnPropertyDescriptor(context, property);
    if (isOwnViewer(descriptor?.value)) Reflect.deleteProperty(context, property);
  } catch {
    // As in showViewer.
  }
};

/**
 * Returns the verified caller of this operation. Anonymous if no credential was presented, if the operation selects nothing
 * guarded (then nothing was verified), and for contexts that no gate runs an operation with: also a copy of one.
 *
 * @example
 * const myOrders = (_parent: unknown, _args: unknown, context: unknown) => {
 *   const viewer = viewerOf(context);
 *   return viewer.kind === 'account' ? orders.byOwner(viewer.id) : [];
 * };
 */
export const viewerOf = <Account = unknown>(context: unknown): Viewer<Account> => {
  if (context !== lastContext) find(context);
  return lastViewer as Viewer<Account>;
};

/** Returns an object that stands for the operation that has this context for itself, null if none has. */
export const operationOf = (context: unknown): OperationMark | null => {
  if (context !== lastContext) find(context);
  return lastOperation;
};

/** What a copy of a context shows, to have the viewer of the context it was copied from. */
const ticketKey = Symbol('fieldgate.ticket');

type Ticket = { readonly viewer: Viewer; readonly onUse: (copy: object) => void; isUsed: boolean };

const tickets = new WeakMap<object, Ticket>();

/**
 * Gives the viewer to the first copy that asks for it, and to no other. For a server that decides an operation with one context and
 * executes it with a copy that nobody else sees before: Mercurius, for subscriptions. `onUse` is told the copy.
 */
export const bindCopy = (context: object, viewer: Viewer, onUse: (copy: object) => void): void => {
  const ticket = Object.freeze({});
  tickets.set(ticket, { viewer, onUse, isUsed: false });
  Object.assign(context, { [ticketKey]: ticket });
  // The original asks too, in hooks: it must not use the ticket up.
  bindViewer(context, viewer, null);
};

const viewerOfCopy = (context: unknown): Viewer => {
  const ticket = isContextObject(context) ? tickets.get(Object(ticketOf(context))) : undefined;
  if (ticket === undefined || ticket.isUsed || !isContextObject(context)) return anonymous;
  ticket.isUsed = true;
  bindViewer(context, ticket.viewer, null);
  ticket.onUse(context);
  return bindings.get(context)?.viewer ?? anonymous;
};

const ticketOf = (context: object): unknown => {
  try {
    return (context as { readonly [ticketKey]?: unknown })[ticketKey];
  } catch {
    // A Proxy may throw on any access.
    return undefined;
  }
};
