import {
  type GraphQLArgumentConfig,
  GraphQLDirective,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isUnionType,
} from 'graphql';

export type Field = GraphQLFieldConfig<unknown, unknown>;

/** A field of an object or interface type. */
export type FieldPlace = { readonly type: string; readonly name: string };

export type SchemaChange = {
  /** Returns the type as it shall be, with its fields as they are. Default: unchanged. */
  readonly type?: (type: GraphQLNamedType) => GraphQLNamedType;
  /** Whether a type stays. The fields, members and arguments of those that do not must go too. Default: all stay. */
  readonly keepsType?: (type: GraphQLNamedType) => boolean;
  /** Returns the field as it shall be, null to leave it out. Default: unchanged. */
  readonly field?: (field: Field, place: FieldPlace) => Field | null;
};

/**
 * Returns a copy of a schema with its types and fields changed. Types refer to each other by identity, so every type that has fields or
 * members is made anew, as `lexicographicSortSchema` of graphql does. What is not changed is as it was: descriptions, AST nodes, `extensions`,
 * `isTypeOf`, default values.
 */
export const rebuildSchema = (
  schema: GraphQLSchema,
  { type: changeType = same, keepsType = () => true, field: changeField = same }: SchemaChange,
): GraphQLSchema => {
  const config = schema.toConfig();
  const rebuilt = new Map<string, GraphQLNamedType>();
  /** Of the same kind, because only types of one name take each other's place. */
  const named = <Type extends GraphQLNamedType>(type: Type): Type => (rebuilt.get(type.name) ?? type) as Type;
  const kept = <Type extends GraphQLNamedType>(types: readonly Type[]): Type[] => types.filter(keepsType).map(named);
  const typed = <Config extends { readonly type: GraphQLType }>(each: Config): Config => ({
    ...each,
    type: wrappedLike(each.type, named(getNamedType(each.type))),
  });
  const changed = (parent: string, fields: GraphQLFieldConfigMap<unknown, unknown>) =>
    mapValues(fields, (field, name) => {
      const own = changeField(field, { type: parent, name });
      return own && { ...typed(own), args: mapValues(own.args ?? {}, typed<GraphQLArgumentConfig>) };
    });
  for (const original of config.types.filter(keepsType)) {
    if (!isIntrospectionType(original)) {
      rebuilt.set(original.name, rebuildType(changeType(original), { kept, typed, changed }));
    }
  }
  const root = (type: GraphQLObjectType | null | undefined) => (type && keepsType(type) ? named(type) : null);
  return new GraphQLSchema({
    ...config,
    query: root(config.query),
    mutation: root(config.mutation),
    subscription: root(config.subscription),
    types: kept(config.types),
    directives: config.directives.map((directive) => rebuildDirective(directive, typed<GraphQLArgumentConfig>)),
  });
};

const same = <Value>(value: Value): Value => value;

type Rebuild = {
  readonly kept: <Type extends GraphQLNamedType>(types: readonly Type[]) => Type[];
  readonly typed: <Config extends { readonly type: GraphQLType }>(config: Config) => Config;
  readonly changed: (
    parent: string,
    fields: GraphQLFieldConfigMap<unknown, unknown>,
  ) => GraphQLFieldConfigMap<unknown, unknown>;
};

/** Fields and members are functions, so that they are looked up when every type is there. */
const rebuildType = (type: GraphQLNamedType, { kept, typed, changed }: Rebuild): GraphQLNamedType => {
  if (isObjectType(type)) {
    const config = type.toConfig();
    const { interfaces, fields } = config;
    const members = { interfaces: () => kept(interfaces), fields: () => changed(type.name, fields) };
    return new GraphQLObjectType({ ...config, ...members });
  }
  if (isInterfaceType(type)) {
    const config = type.toConfig();
    const { interfaces, fields } = config;
    const members = { interfaces: () => kept(interfaces), fields: () => changed(type.name, fields) };
    return new GraphQLInterfaceType({ ...config, ...members });
  }
  if (isUnionType(type)) {
    const config = type.toConfig();
    return new GraphQLUnionType({ ...config, types: () => kept(config.types) });
  }
  if (!isInputObjectType(type)) return type;
  const config = type.toConfig();
  return new GraphQLInputObjectType({ ...config, fields: () => mapValues(config.fields, typed) });
};

const rebuildDirective = (
  directive: GraphQLDirective,
  typed: (arg: GraphQLArgumentConfig) => GraphQLArgumentConfig,
): GraphQLDirective => {
  if (isSpecifiedDirective(directive)) return directive;
  const config = directive.toConfig();
  const args: GraphQLFieldConfigArgumentMap = mapValues(config.args, typed);
  return new GraphQLDirective({ ...config, args });
};

/** Returns the type in the same lists and non-nulls as the other one. */
const wrappedLike = (type: GraphQLType, inner: GraphQLNamedType): GraphQLType => {
  if (isListType(type)) return new GraphQLList(wrappedLike(type.ofType, inner));
  if (isNonNullType(type)) return new GraphQLNonNull(wrappedLike(type.ofType, inner) as never);
  return inner;
};

/** Leaves out what becomes null. */
const mapValues = <From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To | null,
): Record<string, To> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const changed = change(value, key);
      return changed === null ? [] : [[key, changed] as const];
    }),
  );
