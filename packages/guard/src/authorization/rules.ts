import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { type AuthUse, type Directed, definitionProblems, directiveUses, parseAuth, rolesOf } from './directives.ts';
import { SchemaRulesError } from './errors.ts';
import { misplacedDirectives } from './placement.ts';

/** All that must hold before a field of an object type is resolved. Plain data: two equal rules print the same JSON. */
export type Rule = {
  /** `Type.field`, the type being an object type: what is asked for in the end, by whichever route. */
  readonly coordinate: string;
  /** Anonymous callers may pass, because every part of the rule says so. */
  readonly optional: boolean;
  /** The greatest role any part asks for; null if none does. */
  readonly role: string | null;
  /** `role` and all above it. Null if no role is asked for. */
  readonly rolesAllowed: readonly string[] | null;
  /** Each entry comes from one `@auth` and must be met: by any of its sets, that set in full. */
  readonly scopes: readonly (readonly (readonly string[])[])[];
  /** Names of the functions that must all say yes, in the order in which they are asked. */
  readonly policies: readonly string[];
};

export type SchemaRules = {
  /** From least to greatest. */
  readonly roles: readonly string[];
  /** By coordinate; fields without a rule are not in it. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Coordinates of the fields that say `@public`. */
  readonly publicFields: ReadonlySet<string>;
};

/**
 * Reads every rule of a schema, or throws one `SchemaRulesError` that lists everything that would not be enforced.
 * `hasPolicy` says which policy names exist.
 */
export const readRules = (schema: GraphQLSchema, hasPolicy: (name: string) => boolean): SchemaRules => {
  const reader = createReader(schema, hasPolicy);
  const rules = new Map<string, Rule>();
  const publicFields = new Set<string>();
  for (const type of ownTypes(schema)) {
    if (isInterfaceType(type)) {
      checkInterface(reader, type);
    } else if (isLeafType(type)) {
      reader.usesOn(type, type.name);
    }
    for (const field of isObjectType(type) ? Object.values(type.getFields()) : []) {
      const uses = usesFor(reader, type as GraphQLObjectType, field);
      const coordinate = `${type.name}.${field.name}`;
      if (uses.length > 0) {
        rules.set(coordinate, combine(coordinate, uses, reader.roles));
      }
      if (reader.isPublic(field, coordinate)) {
        publicFields.add(coordinate);
      }
    }
  }
  const problems = [...reader.problems(), ...misplacedDirectives(schema), ...undecidedRoots(schema, reader)];
  if (problems.length > 0) {
    throw new SchemaRulesError(problems);
  }
  return { roles: reader.roles, rules, publicFields };
};

const ownTypes = (schema: GraphQLSchema): readonly GraphQLNamedType[] =>
  Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

type Reader = ReturnType<typeof createReader>;

/** Reads each element once, and keeps what was wrong with it. */
const createReader = (schema: GraphQLSchema, hasPolicy: (name: string) => boolean) => {
  const roles = rolesOf(schema);
  const seen = new Map<Directed, readonly AuthUse[]>();
  const problems: string[] = [];
  const used = { auth: false, public: false };
  const read = (element: Directed, coordinate: string): readonly AuthUse[] =>
    directiveUses(element, 'auth').map((args) => {
      used.auth = true;
      const parsed = parseAuth(args, { roles, hasPolicy });
      problems.push(...parsed.problems.map((problem) => `${coordinate}: ${problem}`));
      return parsed.use;
    });
  const usesOn = (element: Directed, coordinate: string): readonly AuthUse[] => {
    const known = seen.get(element) ?? read(element, coordinate);
    seen.set(element, known);
    return known;
  };
  const isPublic = (field: Directed, coordinate: string): boolean => {
    const says = directiveUses(field, 'public').length > 0;
    used.public ||= says;
    if (says && usesOn(field, coordinate).length > 0) {
      problems.push(`${coordinate}: says both @public and @auth`);
    }
    return says;
  };
  return { roles, usesOn, isPublic, problems: () => [...definitionProblems(schema, used), ...problems] };
};

/** An interface's rules are enforced on the types that implement it; here they are only read for what is wrong. */
const checkInterface = (reader: Reader, type: GraphQLInterfaceType): void => {
  reader.usesOn(type, type.name);
  for (const field of Object.values(type.getFields())) {
    reader.usesOn(field, `${type.name}.${field.name}`);
    reader.isPublic(field, `${type.name}.${field.name}`);
  }
};

/** Rules only add up: the field's own, its type's, its interfaces', and what it returns. */
const usesFor = (
  reader: Reader,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): readonly AuthUse[] => [
  ...reader.usesOn(field, `${type.name}.${field.name}`),
  ...typeUses(reader, type),
  ...type.getInterfaces().flatMap((parent) => interfaceFieldUses(reader, parent, field.name)),
  ...returnUses(reader, getNamedType(field.type)),
];

const typeUses = (reader: Reader, type: GraphQLObjectType | GraphQLInterfaceType): readonly AuthUse[] =>
  [type, ...type.getInterfaces()].flatMap((each) => reader.usesOn(each, each.name));

const interfaceFieldUses = (reader: Reader, parent: GraphQLInterfaceType, name: string): readonly AuthUse[] => {
  const field = parent.getFields()[name];
  return field ? reader.usesOn(field, `${parent.name}.${name}`) : [];
};

/**
 * A policy on an object or interface type is asked on that type's own fields, where the object is the parent; a field
 * that leads there takes only what can be decided without one. A scalar or an enum is decided by the field that holds it.
 */
const returnUses = (reader: Reader, type: GraphQLNamedType): readonly AuthUse[] => {
  if (isLeafType(type)) {
    return reader.usesOn(type, type.name);
  }
  return isObjectType(type) || isInterfaceType(type)
    ? typeUses(reader, type).map((use) => ({ ...use, policy: null }))
    : [];
};

const combine = (coordinate: string, uses: readonly AuthUse[], roles: readonly string[]): Rule => {
  const rank = Math.max(...uses.map((use) => (use.role === null ? -1 : roles.indexOf(use.role))));
  return {
    coordinate,
    optional: uses.every((use) => use.optional),
    role: roles[rank] ?? null,
    rolesAllowed: rank < 0 ? null : roles.slice(rank),
    scopes: uses.flatMap((use) => (use.scopes === null ? [] : [use.scopes])),
    policies: [...new Set(uses.flatMap((use) => use.policy ?? []))],
  };
};

/** Nobody forgets a root field: it, or the root type, says who may call it. */
const undecidedRoots = (schema: GraphQLSchema, reader: Reader): readonly string[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    type && typeUses(reader, type).length === 0
      ? Object.values(type.getFields())
          .filter((field) => !saysWho(reader, field, `${type.name}.${field.name}`))
          .map(({ name }) => `${type.name}.${name}: is a root field and says neither @auth nor @public`)
      : [],
  );

const saysWho = (reader: Reader, field: Directed, coordinate: string): boolean =>
  reader.usesOn(field, coordinate).length > 0 || directiveUses(field, 'public').length > 0;
