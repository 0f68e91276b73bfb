import { MapperKind, mapSchema, pruneSchema } from '@graphql-tools/utils';
import { type GraphQLSchema, isInterfaceType } from 'graphql';
import type { Viewer } from '../domain/viewer.ts';
import { guardOf } from './guard.ts';
import type { Rule, SchemaRules } from './rules.ts';

/**
 * What of a guarded schema to show to whom: without the fields whose rules a caller with this role can never meet, and
 * without the types that only those lead to. Scopes and policies hide nothing, for they differ from one credential or
 * object to the next. Made once per role. To be shown only: it is the other one that is executed.
 */
export const createVisibleSchemas = (schema: GraphQLSchema): ((viewer: Viewer) => GraphQLSchema) => {
  const guard = guardOf(schema);
  if (guard === null) throw new TypeError('Only a schema made by guardSchema says who may see what.');
  const known = new Map<string, GraphQLSchema>();
  return (viewer) => {
    const key = viewer.kind === 'account' ? `role ${guard.roles.indexOf(viewer.role)}` : viewer.kind;
    const visible = known.get(key) ?? withoutHidden(schema, guard, (rule) => couldMeet(rule, viewer));
    known.set(key, visible);
    return visible;
  };
};

const couldMeet = (rule: Rule, viewer: Viewer): boolean => {
  switch (viewer.kind) {
    case 'anonymous':
      return rule.optional;
    case 'account':
      return rule.rolesAllowed === null || rule.rolesAllowed.includes(viewer.role);
    case 'service':
      return rule.rolesAllowed === null && (rule.optional || rule.scopes.length > 0);
  }
};

const withoutHidden = (
  schema: GraphQLSchema,
  { rules }: SchemaRules,
  isShown: (rule: Rule) => boolean,
): GraphQLSchema => {
  const isHidden = (type: string, field: string): boolean => {
    const rule = rules.get(`${type}.${field}`);
    return rule !== undefined && !isShown(rule);
  };
  const pruned = mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, name, type) => (isHidden(type, name) ? null : field),
    // An interface promises what all its types have: what one of them hides, it cannot show.
    [MapperKind.INTERFACE_FIELD]: (field, name, typeName) => {
      const type = schema.getType(typeName);
      const types = isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
      return types.some((each) => isHidden(each.name, name)) ? null : field;
    },
  });
  return pruneSchema(pruned);
};
