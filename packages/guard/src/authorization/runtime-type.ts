import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  type GraphQLResolveInfo,
  type GraphQLTypeResolver,
  isAbstractType,
} from 'graphql';

export type RuntimeType = string | undefined;

type Known = { readonly abstract: string; readonly context: unknown; readonly name: RuntimeType };

export type RuntimeTypes = ReturnType<typeof createRuntimeTypes>;

/**
 * Finds the object types of values of interfaces and unions, as the executor does, and remembers them for it: what was decided about
 * is what is completed, and a `resolveType` that asks a store asks once.
 */
export const createRuntimeTypes = () => {
  const known = new WeakMap<object, Known>();

  const find = (
    type: GraphQLAbstractType,
    value: unknown,
    context: unknown,
    info: GraphQLResolveInfo,
  ): MaybePromise<RuntimeType> => {
    const remember = (name: RuntimeType): RuntimeType => {
      if (typeof value === 'object' && value !== null) known.set(value, { abstract: type.name, context, name });
      return name;
    };
    const name = resolveName(type, value, context, info);
    return isPromise(name) ? name.then(remember) : remember(name);
  };

  /** Returns what `find` returned last for this value in this context. */
  const recall = (type: GraphQLAbstractType, value: unknown, context: unknown): RuntimeType => {
    const found = typeof value === 'object' && value !== null ? known.get(value) : undefined;
    return found?.abstract === type.name && found.context === context ? found.name : undefined;
  };

  return { find, recall };
};

/** Calls the resolver that the schema had before it was guarded. */
export const resolveName = (
  type: GraphQLAbstractType,
  value: unknown,
  context: unknown,
  info: GraphQLResolveInfo,
): MaybePromise<RuntimeType> => {
  const resolve: GraphQLTypeResolver<unknown, unknown> = type.resolveType ?? defaultTypeResolver;
  const current = info.schema.getType(type.name);
  const resolved: unknown = resolve(value, context, info, isAbstractType(current) ? current : type);
  return isPromise(resolved) ? resolved.then(nameOf) : nameOf(resolved);
};

/** Compilers of queries accept the type itself. */
const nameOf = (resolved: unknown): RuntimeType => {
  if (typeof resolved === 'string') return resolved;
  const name = typeof resolved === 'object' && resolved !== null && 'name' in resolved ? resolved.name : undefined;
  return typeof name === 'string' ? name : undefined;
};
