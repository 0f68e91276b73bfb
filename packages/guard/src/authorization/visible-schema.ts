import { type GraphQLSchema, getNamedType, isInterfaceType } from 'graphql';
import type { Viewer } from '../domain/viewer.ts';
import { guardOf } from './guard-registry.ts';
import { reachedTypes } from './reached-types.ts';
import type { Rule } from './rule.ts';
import { canMeet } from './rule-denial.ts';
import type { SchemaRules } from './rules.ts';
import { type FieldPlace, rebuildSchema } from './schema-rebuild.ts';

/**
 * Returns a function from a viewer to the part of a guarded schema that introspection shows them: without the fields whose
 * rules a caller of this role can never meet, and without the types that only those fields lead to. Scopes and policies hide
 * nothing, because they differ between credentials and objects. Built once per role, for introspection only: operations are
 * executed on the full schema. Throws TypeError if the schema is not guarded.
 */
export const createVisibleSchemas = (schema: GraphQLSchema): ((viewer: Viewer) => GraphQLSchema) => {
  const guard = guardOf(schema);
  if (guard === null) throw new TypeError('The schema was not made by guardSchema, so it has no rules to show it by.');
  const known = new Map<string, GraphQLSchema>();
  return (viewer) => {
    const key = viewer.kind === 'account' ? `role ${guard.roles.indexOf(viewer.role)}` : viewer.kind;
    const visible = known.get(key) ?? withoutHidden(schema, guard, (rule) => canMeet(rule, viewer));
    known.set(key, visible);
    return visible;
  };
};

const visibleSchemas = new WeakMap<GraphQLSchema, (viewer: Viewer) => GraphQLSchema>();

/**
 * Returns the part of a guarded schema that this viewer can reach, for introspection: without the fields whose rules a caller of this
 * role can never meet, and without the types that only those fields lead to. Made once per schema and role. Execute operations on the
 * guarded schema, not on this one: what a document asks of both must be in operations of their own. Throws TypeError if the schema is
 * not guarded.
 *
 * @example
 * const shown = visibleSchema(schema, viewer);
 */
export const visibleSchema = (schema: GraphQLSchema, viewer: Viewer): GraphQLSchema => {
  const visibleTo = visibleSchemas.get(schema) ?? createVisibleSchemas(schema);
  visibleSchemas.set(schema, visibleTo);
  return visibleTo(viewer);
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
  // An interface needs every field on all its types: a field that one of them hides is hidden on the interface too.
  const isShownField = ({ type: parent, name }: FieldPlace): boolean => {
    const type = schema.getType(parent);
    const types = isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
    return ![{ name: parent }, ...types].some((each) => isHidden(each.name, name));
  };
  const reached = reachedTypes(schema, isShownField);
  return rebuildSchema(schema, {
    keepsType: ({ name }) => reached.has(name),
    field: (field, place) => (isShownField(place) && reached.has(getNamedType(field.type).name) ? field : null),
  });
};
