import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import {
  type GraphQLAbstractType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Check, CheckOf, Place } from './check.ts';
import { isOutage } from './hiding.ts';
import { createRuntimeTypes, type RuntimeType } from './runtime-type.ts';
import { canHide, isEdgeType, type RuleParts, type TypeRules } from './type-rules.ts';

/** In the place of an object that is as if it were not there. */
export const hidden: unique symbol = Symbol('fieldgate.hidden');

type ObjectGuardDeps = {
  /** Not guarded: its types are resolved as they were written. */
  readonly schema: GraphQLSchema;
  readonly types: TypeRules;
  readonly checkOf: CheckOf;
  /** Looks at the node of an edge, and returns `hidden` if the edge goes with it. */
  readonly peekAtNode: (edgeType: string, edge: unknown, place: Place) => MaybePromise<unknown>;
};

/** Returns the value, or what stands in its place: an error or `hidden`. Never throws or rejects. */
type Examine = (typeName: string, value: unknown, place: Place) => MaybePromise<unknown>;

/**
 * Decides about each object that a resolver returned, before the executor completes it: an object whose type has a rule that is not
 * met becomes an error at its place, or is hidden. Works by what a resolver returns, so that it holds in every executor: a list with
 * an `Error` in it has null and an error there in graphql-js and in compiled queries alike.
 */
export const createObjectGuard = (deps: ObjectGuardDeps) => {
  const { schema, types, peekAtNode } = deps;
  const runtimeTypes = createRuntimeTypes();
  const { examineAs, hasPassed } = createExamine(deps);

  const examineObject = (name: RuntimeType, value: unknown, place: Place): MaybePromise<unknown> => {
    if (name === undefined) return value;
    const examined = examineAs(name, value, place);
    const type = schema.getType(name);
    if (!type || !isEdgeType(type) || !canHide(schema, types, type)) return examined;
    return andThen(examined, (kept) =>
      kept === value ? andThen(peekAtNode(name, value, place), (node) => (node === hidden ? hidden : value)) : kept,
    );
  };

  const examineMember = (type: GraphQLAbstractType, value: unknown, place: Place): MaybePromise<unknown> => {
    try {
      const name = runtimeTypes.find(type, value, place.context, place.info);
      return isPromise(name)
        ? name.then((found) => examineObject(found, value, place), asError)
        : examineObject(name, value, place);
    } catch (error) {
      return asError(error);
    }
  };

  const examine = (type: GraphQLNamedType, value: unknown, place: Place): MaybePromise<unknown> => {
    if (!isAbstractType(type)) return examineObject(type.name, value, place);
    return andThen(examineAs(type.name, value, place), (kept) =>
      kept === value ? examineMember(type, value, place) : kept,
    );
  };

  /** Returns the value with an error or `hidden` in the place of each object that is denied. Lists have no `hidden` left in them. */
  const complete = (type: GraphQLOutputType, value: unknown, place: Place): MaybePromise<unknown> => {
    if (isPromise(value)) return value.then((settled) => complete(type, settled, place));
    if (value === null || value === undefined || value instanceof Error) return value;
    if (isNonNullType(type)) return complete(type.ofType, value, place);
    if (!isListType(type)) return examine(getNamedType(type), value, place);
    const item = (each: unknown): MaybePromise<unknown> => complete(type.ofType, each, place);
    if (isIterable(value)) {
      const items = Array.from(value, item);
      return canHide(schema, types, getNamedType(type)) ? withoutHidden(items) : items;
    }
    return isAsyncIterable(value) ? mapStream(value, item) : value;
  };

  return { complete, hasPassed, recall: runtimeTypes.recall };
};

type Checks = Readonly<Record<keyof RuleParts, Check | null>>;

const createExamine = ({ types, checkOf }: ObjectGuardDeps) => {
  const checksByType = new Map<string, Checks>();
  for (const [name, { error, filter }] of types) {
    checksByType.set(name, { error: error && checkOf(error, 'error'), filter: filter && checkOf(filter, 'filter') });
  }
  const passed = new WeakMap<object, { readonly type: string; readonly context: unknown }>();

  const examineAs: Examine = (type, value, place) => {
    const checks = checksByType.get(type);
    if (checks === undefined) return value;
    return andThen(runChecks(checks, value, place), (kept) => {
      if (typeof value === 'object' && value !== null) {
        if (kept === value) passed.set(value, { type, context: place.context });
        else passed.delete(value);
      }
      return kept;
    });
  };

  /** Returns whether this object was the last time decided about in this context, as this type, and may be read. */
  const hasPassed = (type: string, value: unknown, context: unknown): boolean => {
    const found = typeof value === 'object' && value !== null ? passed.get(value) : undefined;
    return found?.type === type && found.context === context;
  };

  return { examineAs, hasPassed };
};

/** Of two rules that are not met, the one with the error decides. */
const runChecks = (checks: Checks, value: unknown, place: Place): MaybePromise<unknown> =>
  andThen(runCheck(checks.error, value, place), (error) => {
    if (error !== null) return error;
    return andThen(runCheck(checks.filter, value, place), (denial) => {
      if (denial === null) return value;
      return isOutage(denial) ? denial : hidden;
    });
  });

/** Returns the denial, null if there is none. */
const runCheck = (check: Check | null, value: unknown, { context, info }: Place): MaybePromise<Error | null> => {
  if (check === null) return null;
  try {
    const checked = check(value, {}, context, info);
    return isPromise(checked) ? checked.then(() => null, asError) : null;
  } catch (error) {
    return asError(error);
  }
};

const withoutHidden = (items: readonly MaybePromise<unknown>[]): MaybePromise<unknown> => {
  // Which items are left is known when all are there. One that fails is an error at its own place, as the executor makes it.
  const settled = items.map((item) => (isPromise(item) ? item.catch(asError) : item));
  return settled.some(isPromise) ? Promise.all(settled).then(withoutHiddenNow) : withoutHiddenNow(settled);
};

const withoutHiddenNow = (items: readonly unknown[]): readonly unknown[] => items.filter((item) => item !== hidden);

async function* mapStream(stream: AsyncIterable<unknown>, item: (each: unknown) => MaybePromise<unknown>) {
  for await (const each of stream) {
    const completed = await item(each);
    if (completed !== hidden) yield completed;
  }
}

const andThen = <Value, Next>(value: MaybePromise<Value>, next: (value: Value) => MaybePromise<Next>) =>
  isPromise(value) ? value.then(next) : next(value);

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Symbol.iterator in value &&
  typeof value[Symbol.iterator] === 'function';

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
