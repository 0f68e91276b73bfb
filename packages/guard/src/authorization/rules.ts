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
import { type AuthUse, parseAuth } from './auth-arguments.ts';
import { definitionProblems, roleEnumOf } from './directive-definitions.ts';
import { type Directed, directiveUses } from './directives.ts';
import { SchemaRulesError } from './errors.ts';
import { placementProblems } from './placement.ts';
import { roleOrderProblems } from './role-order.ts';

/** Everything that must hold before a field of an object type is resolved. Plain data: equal rules have equal JSON. */
export type Rule = {
  /** `Type.field` of an object type: the field that is resolved, whichever interface or fragment selects it. */
  readonly coordinate: string;
  /** Whether anonymous callers pass, because every part of the rule allows it. */
  readonly optional: boolean;
  /** The greatest role that any part asks for, null if none does. */
  readonly role: string | null;
  /** `role` and all roles above it, null if no role is asked for. */
  readonly rolesAllowed: readonly string[] | null;
  /** One entry for each `@auth` with scopes. Each must be met by any of its sets, that set in full. */
  readonly scopes: readonly (readonly (readonly string[])[])[];
  /** The names of the policies that must all return true, in the order in which they are called. */
  readonly policies: readonly string[];
};

export type SchemaRules = {
  /** From least to greatest, as the option says. In any order if no rule asks for a role and the option is left out. */
  readonly roles: readonly string[];
  /** By coordinate. Fields without a rule are left out. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** The coordinates of fields with `@public`. */
  readonly publicFields: ReadonlySet<string>;
};

/** What the rules of a schema may name. */
export type RuleNames = {
  /** The roles of the schema's role enum from least to greatest. Needed if a rule asks for a role. */
  readonly roles: readonly string[] | undefined;
  readonly hasPolicy: (name: string) => boolean;
};

/** Reads all rules of a schema. Throws one `SchemaRulesError` that lists everything that would not be enforced. */
export const readRules = (schema: GraphQLSchema, names: RuleNames): SchemaRules => {
  const reader = createReader(schema, names);
  const rules = new Map<string, Rule>();
  const publicFields = new Set<string>();
  for (const type of ownTypes(schema)) {
    if (isInterfaceType(type)) {
      checkInterface(reader, type);
    } else if (isLeafType(type)) {
      reader.usesOn(type, type.name);
    } else if (isObjectType(type)) {
      readObjectType(reader, type, { rules, publicFields });
    }
  }
  const problems = [...reader.problems(), ...placementProblems(schema), ...undecidedRoots(schema, reader)];
  if (problems.length > 0) {
    throw new SchemaRulesError(problems);
  }
  return { roles: reader.roles, rules, publicFields };
};

const ownTypes = (schema: GraphQLSchema): readonly GraphQLNamedType[] =>
  Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

type Reader = ReturnType<typeof createReader>;

/** Reads each element once and collects what is wrong with it. */
const createReader = (schema: GraphQLSchema, { roles, hasPolicy }: RuleNames) => {
  const roleEnum = roleEnumOf(schema);
  const values = roleEnum?.getValues().map(({ name }) => name) ?? null;
  const seen = new Map<Directed, readonly AuthUse[]>();
  const problems: string[] = [];
  const used = { auth: false, public: false, role: false };
  const read = (element: Directed, coordinate: string): readonly AuthUse[] =>
    directiveUses(element, 'auth').map((args) => {
      used.auth = true;
      const parsed = parseAuth(args, { roles: values ?? [], hasPolicy });
      used.role ||= parsed.use.role !== null;
      problems.push(...parsed.problems.map((problem) => `${coordinate}: ${problem}`));
      return parsed.use;
    });
  const usesOn = (element: Directed, coordinate: string): readonly AuthUse[] => {
    const known = seen.get(element) ?? read(element, coordinate);
    seen.set(element, known);
    return known;
  };
  const isPublic = (field: Directed, coordinate: string): boolean => {
    const hasPublic = directiveUses(field, 'public').length > 0;
    used.public ||= hasPublic;
    if (hasPublic && usesOn(field, coordinate).length > 0) {
      problems.push(`${coordinate}: has both @public and @auth`);
    }
    return hasPublic;
  };
  const orderProblems = () => roleOrderProblems({ roles, values, roleEnum: roleEnum?.name ?? 'Role', used: used.role });
  return {
    roles: roles ?? values ?? [],
    usesOn,
    isPublic,
    problems: () => [...definitionProblems(schema, used), ...orderProblems(), ...problems],
  };
};

const readObjectType = (
  reader: Reader,
  type: GraphQLObjectType,
  into: { readonly rules: Map<string, Rule>; readonly publicFields: Set<string> },
): void => {
  for (const field of Object.values(type.getFields())) {
    const coordinate = `${type.name}.${field.name}`;
    const uses = usesFor(reader, type, field);
    if (uses.length > 0) {
      into.rules.set(coordinate, combine(coordinate, uses, reader.roles));
    }
    if (reader.isPublic(field, coordinate)) {
      into.publicFields.add(coordinate);
    }
  }
};

/** The rules of an interface are enforced on the types that implement it. Here they are only checked. */
const checkInterface = (reader: Reader, type: GraphQLInterfaceType): void => {
  reader.usesOn(type, type.name);
  for (const field of Object.values(type.getFields())) {
    reader.usesOn(field, `${type.name}.${field.name}`);
    reader.isPublic(field, `${type.name}.${field.name}`);
  }
};

/** Rules only add up: those of the field, its type, its interfaces and the type it returns. */
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
 * A policy on an object or interface type is called for that type's own fields, with the object as parent. A field that
 * returns the type takes only the parts that need no object. A scalar or enum takes all: it has no fields of its own.
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

/** Every root field must say who may call it, or its root type must: a forgotten rule stops the start. */
const undecidedRoots = (schema: GraphQLSchema, reader: Reader): readonly string[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    type && typeUses(reader, type).length === 0
      ? Object.values(type.getFields())
          .filter((field) => !isDecided(reader, field, `${type.name}.${field.name}`))
          .map(({ name }) => `${type.name}.${name}: is a root field with neither @auth nor @public`)
      : [],
  );

const isDecided = (reader: Reader, field: Directed, coordinate: string): boolean =>
  reader.usesOn(field, coordinate).length > 0 || directiveUses(field, 'public').length > 0;
