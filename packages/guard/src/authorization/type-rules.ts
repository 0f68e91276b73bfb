import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
} from 'graphql';
import type { Rule } from './rule.ts';

/** What decides about an object as a whole, or about a field: rules that deny with an error, and rules that hide. */
export type RuleParts = {
  /** What `@auth` with `onDenied: ERROR` asks for, null for nothing. */
  readonly error: Rule | null;
  /** What `@auth` with `onDenied: FILTER` asks for, null for nothing. */
  readonly filter: Rule | null;
};

export const noParts: RuleParts = { error: null, filter: null };

/** By the name of an object, scalar, enum or union type. Types without a rule are left out. */
export type TypeRules = ReadonlyMap<string, RuleParts>;

/** Returns the object types that a value of this type can be. */
export const possibleTypesOf = (schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLObjectType[] =>
  isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];

/** Returns whether the element of a list, or the list itself, is what this type describes. */
export const isListField = (type: GraphQLOutputType): boolean => isListType(getNullableType(type));

/** The edge of a connection (Relay), by its name or by its fields: it goes with its node. */
export const isEdgeType = (type: GraphQLNamedType): boolean => {
  if (!isObjectType(type)) return false;
  const { node, cursor } = type.getFields();
  return node?.args.length === 0 && (type.name.endsWith('Edge') || cursor !== undefined);
};

/** Returns whether values of this type can be hidden: the type, what it can be, or the node of an edge has a FILTER rule. */
export const canHide = (schema: GraphQLSchema, types: TypeRules, type: GraphQLNamedType): boolean => {
  const names = [type, ...possibleTypesOf(schema, type)];
  return names.some((each) => hasFilter(types, each) || (isEdgeType(each) && nodeCanHide(schema, types, each)));
};

const hasFilter = (types: TypeRules, { name }: GraphQLNamedType): boolean => (types.get(name)?.filter ?? null) !== null;

const nodeCanHide = (schema: GraphQLSchema, types: TypeRules, edge: GraphQLNamedType): boolean => {
  const node = isObjectType(edge) ? edge.getFields()['node'] : undefined;
  if (node === undefined) return false;
  const named = getNamedType(node.type);
  return [named, ...possibleTypesOf(schema, named)].some((each) => hasFilter(types, each));
};

/**
 * Returns whether each object must be looked at before it is completed: it can be hidden, or denied although the field that returns
 * it is not. A rule of a concrete type that depends on the caller alone is decided with the field.
 */
export const needsObjectGuard = (schema: GraphQLSchema, types: TypeRules, returned: GraphQLOutputType): boolean => {
  const type = getNamedType(returned);
  if (canHide(schema, types, type)) return true;
  if (isAbstractType(type)) return schema.getPossibleTypes(type).some(({ name }) => types.has(name));
  return isObjectType(type) && (types.get(type.name)?.error?.policies.length ?? 0) > 0;
};

/** Returns whether the guard puts functions of its own on a field. */
export const isGuardedField = (
  schema: GraphQLSchema,
  { rules, types }: { readonly rules: ReadonlyMap<string, Rule>; readonly types: TypeRules },
  { coordinate, type }: { readonly coordinate: string; readonly type: GraphQLOutputType },
): boolean => rules.has(coordinate) || needsObjectGuard(schema, types, type);
