import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type Directed, directiveUses } from './directives.ts';
import { canHide, isEdgeType, type TypeRules } from './type-rules.ts';

/** Returns the uses of `onDenied: FILTER` in places where nothing can be hidden. */
export const filterProblems = (schema: GraphQLSchema): readonly string[] =>
  Object.values(schema.getTypeMap()).flatMap((type) => {
    if (isObjectType(type)) return objectProblems(schema, type);
    if (isInterfaceType(type)) return argumentProblems(type.name, Object.values(type.getFields()));
    const members = isInputObjectType(type)
      ? Object.values(type.getFields())
      : isEnumType(type)
        ? type.getValues()
        : [];
    return members.filter(hides).map(({ name }) => `${type.name}.${name}: ${hidesNothing}`);
  });

const hidesNothing = '@auth with onDenied: FILTER is for types and for fields that can be null';

const hides = (element: Directed): boolean =>
  directiveUses(element, 'auth').some(({ onDenied }) => onDenied === 'FILTER');

const objectProblems = (schema: GraphQLSchema, type: GraphQLObjectType): readonly string[] => {
  const fields = Object.values(type.getFields());
  const isEffectful = type === schema.getMutationType() || type === schema.getSubscriptionType();
  const isHiddenType = [type, ...type.getInterfaces()].some(hides);
  const problems = fields.flatMap((field) => {
    const coordinate = `${type.name}.${field.name}`;
    const uses = [field, ...type.getInterfaces().flatMap((parent) => parent.getFields()[field.name] ?? [])];
    if (!uses.some(hides) && !(isEffectful && isHiddenType)) return [];
    if (isEffectful) {
      return [`${coordinate}: @auth with onDenied: FILTER cannot hide a root field of a mutation or subscription`];
    }
    return isNonNullType(field.type) ? [`${coordinate}: ${hidesNothing}`] : [];
  });
  return [...problems, ...argumentProblems(type.name, fields)];
};

const argumentProblems = (type: string, fields: readonly GraphQLField<unknown, unknown>[]): readonly string[] =>
  fields.flatMap(({ name, args }) => args.filter(hides).map((arg) => `${type}.${name}(${arg.name}:): ${hidesNothing}`));

/** Returns where a denied object takes more with it than itself. The schema is served all the same. */
export const placeWarnings = (schema: GraphQLSchema, types: TypeRules): readonly string[] =>
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type, field })) : []))
    // An edge goes with its node.
    .filter(({ type, field }) => !(isEdgeType(type) && field.name === 'node'))
    .flatMap(({ type, field }) => {
      const warning = warningOf(schema, types, field.type);
      return warning === null ? [] : [`${type.name}.${field.name}: ${warning}`];
    });

const warningOf = (schema: GraphQLSchema, types: TypeRules, returned: GraphQLOutputType): string | null => {
  const named = getNamedType(returned);
  const nullable = isNonNullType(returned) ? returned.ofType : returned;
  if (isListType(nullable)) {
    return hasSureElements(nullable.ofType) && haveDifferentRules(schema, types, named)
      ? `the types of ${named.name} have different rules, and one denied element takes the list with it, because it cannot be null. Let elements be null ([${named.name}]), or hide them with onDenied: FILTER on the types`
      : null;
  }
  return isNonNullType(returned) && canHide(schema, types, named)
    ? `cannot be null, so ${named.name} cannot be hidden here: a caller who may not see it gets an error, and the null goes up`
    : null;
};

const hasSureElements = (element: GraphQLOutputType): boolean =>
  isNonNullType(element) || (isListType(element) && hasSureElements(element.ofType));

/** Of rules that deny with an error. What hides is left out of the list. */
const haveDifferentRules = (schema: GraphQLSchema, types: TypeRules, type: GraphQLNamedType): boolean =>
  isAbstractType(type) &&
  new Set(
    schema.getPossibleTypes(type).map(({ name }) => {
      const { coordinate: _, ...rule } = types.get(name)?.error ?? { coordinate: '' };
      return JSON.stringify(rule);
    }),
  ).size > 1;
