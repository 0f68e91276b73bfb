import { isPromise } from '@whatwg-node/promise-helpers';
import {
  type GraphQLAbstractType,
  GraphQLInterfaceType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  GraphQLUnionType,
  isInterfaceType,
} from 'graphql';
import { viewerOf } from '../domain/viewer-binding.ts';
import { toGraphQLError } from './errors.ts';
import { bareDenial } from './hiding.ts';
import { type Clock, denialOf, meets } from './rule-denial.ts';
import { type RuntimeType, type RuntimeTypes, resolveName } from './runtime-type.ts';
import { noParts, type TypeRules } from './type-rules.ts';

/**
 * Returns the interface or union with a `resolveType` that answers what was decided about, undefined if none of its types has a rule.
 * For a value that nobody decided about it refuses a type whose rule this caller does not meet.
 */
export const guardAbstractType = (
  type: GraphQLAbstractType,
  deps: {
    readonly schema: GraphQLSchema;
    readonly types: TypeRules;
    readonly recall: RuntimeTypes['recall'];
    readonly clock: Clock;
  },
): GraphQLAbstractType | undefined => {
  const { schema, types, recall, clock } = deps;
  const requireType = createRequire(types, clock);
  if (!schema.getPossibleTypes(type).some(({ name }) => types.has(name))) return undefined;
  const resolveType = ((value, context, info) => {
    const known = recall(type, value, context);
    if (known !== undefined) return known;
    const found = resolveName(type, value, context, info);
    return isPromise(found) ? found.then((name) => requireType(name, context)) : requireType(found, context);
  }) as GraphQLTypeResolver<unknown, unknown>;
  return isInterfaceType(type)
    ? new GraphQLInterfaceType({ ...type.toConfig(), resolveType })
    : new GraphQLUnionType({ ...type.toConfig(), resolveType });
};

const createRequire =
  (types: TypeRules, clock: Clock) =>
  (name: RuntimeType, context: unknown): RuntimeType => {
    const { error, filter } = types.get(name ?? '') ?? noParts;
    const viewer = viewerOf(context);
    if (error !== null && !meets(error, viewer, clock)) throw toGraphQLError(denialOf(error, viewer, clock));
    if (filter !== null && !meets(filter, viewer, clock)) throw bareDenial();
    return name;
  };
