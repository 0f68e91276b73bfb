import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { appliesTo } from './selected-fields.ts';

/** Object types that a selection set is resolved on. Walked together: sixty implementors of an interface mostly have one way. */
export type TypeGroup = {
  readonly types: readonly GraphQLObjectType[];
  /** What was computed of the group: see `createTypeGroups`. */
  readonly narrowed: Map<string, TypeGroup>;
  readonly returned: Map<string, TypeGroup>;
};

export const groupOf = (types: readonly GraphQLObjectType[]): TypeGroup => ({
  types,
  narrowed: new Map(),
  returned: new Map(),
});

export const noTypes = groupOf([]);

/** Returns the groups of one walk, each computed once. `spend` is called with the number of types that were looked at. */
export const createTypeGroups = (schema: GraphQLSchema, spend: (types: number) => void) => {
  const byName = new Map<string, TypeGroup>();

  const possible = (type: GraphQLNamedType): TypeGroup => {
    const known = byName.get(type.name);
    if (known !== undefined) return known;
    const group = isObjectType(type)
      ? groupOf([type])
      : isAbstractType(type)
        ? groupOf(schema.getPossibleTypes(type))
        : noTypes;
    byName.set(type.name, group);
    return group;
  };

  /** Returns the types of the group to which a fragment with this type condition applies. */
  const narrow = (group: TypeGroup, condition: string | undefined): TypeGroup => {
    if (condition === undefined) return group;
    const known = group.narrowed.get(condition);
    if (known !== undefined) return known;
    spend(group.types.length);
    const types = group.types.filter((type) => appliesTo(schema, condition, type));
    const narrowed = types.length === group.types.length ? group : groupOf(types);
    group.narrowed.set(condition, narrowed);
    return narrowed;
  };

  /** Returns the types of the objects that this field returns on any type of the group. */
  const returnedBy = (group: TypeGroup, field: string): TypeGroup => {
    const known = group.returned.get(field);
    if (known !== undefined) return known;
    const named = new Set<GraphQLNamedType>();
    for (const type of group.types) {
      const definition = type.getFields()[field];
      if (definition) named.add(getNamedType(definition.type));
    }
    const groups = [...named].map(possible);
    for (const { types } of [group, ...groups]) spend(types.length);
    const [only = noTypes] = groups;
    const returned = groups.length < 2 ? only : groupOf([...new Set(groups.flatMap(({ types }) => types))]);
    group.returned.set(field, returned);
    return returned;
  };

  return { possible, narrow, returnedBy };
};
