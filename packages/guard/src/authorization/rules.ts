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
  isUnionType,
} from 'graphql';
import { type AuthUse, parseAuth } from './auth-arguments.ts';
import { combine, partsOf } from './combine.ts';
import { definitionProblems, roleEnumOf } from './directive-definitions.ts';
import { type Directed, directiveUses } from './directives.ts';
import { SchemaRulesError } from './errors.ts';
import { filterProblems } from './filter-places.ts';
import { placementProblems } from './placement.ts';
import { roleOrderProblems } from './role-order.ts';
import type { Rule } from './rule.ts';
import type { RuleParts, TypeRules } from './type-rules.ts';

export type SchemaRules = {
  /** From least to greatest, as the option says. In any order if no rule asks for a role and the option is left out. */
  readonly roles: readonly string[];
  /** By coordinate, with all that is asked for. Fields without a rule are left out. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** By coordinate, what the field itself enforces of its rule. The policies of its parent type are asked for the object. */
  readonly parts: ReadonlyMap<string, RuleParts>;
  readonly types: TypeRules;
  /** The coordinates of fields with `@public`. */
  readonly publicFields: ReadonlySet<string>;
  /** Whether denials name the rule and what it requires. */
  readonly exposeRequired: boolean;
};

/** What the rules of a schema may name. */
export type RuleNames = {
  /** The roles of the schema's role enum from least to greatest. Needed if a rule asks for a role. */
  readonly roles: readonly string[] | undefined;
  readonly hasPolicy: (name: string) => boolean;
  readonly exposeRequired?: boolean | undefined;
  /** Whether root fields may have neither `@auth` nor `@public`. */
  readonly allowUndecided?: boolean;
};

/** Reads all rules of a schema. Throws one `SchemaRulesError` that lists everything that would not be enforced. */
export const readRules = (schema: GraphQLSchema, names: RuleNames): SchemaRules => {
  const reader = createReader(schema, names);
  const into = { rules: new Map(), parts: new Map(), publicFields: new Set<string>() };
  const types = new Map<string, RuleParts>();
  const addType = (name: string, uses: readonly AuthUse[]): void => {
    if (uses.length > 0) types.set(name, partsOf(name, uses, reader));
  };
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of ownTypes(schema)) {
    if (isInterfaceType(type)) {
      checkInterface(reader, type);
    } else if (isLeafType(type) || isUnionType(type)) {
      addType(type.name, reader.usesOn(type, type.name));
    } else if (isObjectType(type)) {
      addType(type.name, typeUses(reader, type));
      readObjectType(reader, type, { ...into, isRoot: roots.includes(type) });
    }
  }
  const undecided = names.allowUndecided ? [] : undecidedRoots(schema, reader);
  const problems = [
    ...reader.problems(),
    ...placementProblems(schema),
    ...filterProblems(schema),
    ...undecided.map((coordinate) => `${coordinate}: is a root field with neither @auth nor @public`),
  ];
  if (problems.length > 0) {
    throw new SchemaRulesError(problems);
  }
  return { roles: reader.roles, exposeRequired: reader.exposeRequired, types, ...into };
};

const ownTypes = (schema: GraphQLSchema): readonly GraphQLNamedType[] =>
  Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

type Reader = ReturnType<typeof createReader>;

/** Reads each element once and collects what is wrong with it. */
const createReader = (schema: GraphQLSchema, { roles, hasPolicy, exposeRequired = false }: RuleNames) => {
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
    exposeRequired,
    usesOn,
    isPublic,
    problems: () => [...definitionProblems(schema, used), ...orderProblems(), ...problems],
  };
};

type Into = {
  readonly rules: Map<string, Rule>;
  readonly parts: Map<string, RuleParts>;
  readonly publicFields: Set<string>;
  /** Nothing returns a root type, so its fields enforce its policies. */
  readonly isRoot: boolean;
};

const readObjectType = (reader: Reader, type: GraphQLObjectType, into: Into): void => {
  for (const field of Object.values(type.getFields())) {
    const coordinate = `${type.name}.${field.name}`;
    const uses = usesFor(reader, type, field);
    if (uses.length > 0) {
      into.rules.set(coordinate, combine(coordinate, uses, reader));
      into.parts.set(coordinate, partsOf(coordinate, ownUsesFor(reader, type, { field, isRoot: into.isRoot }), reader));
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
  ...fieldUses(reader, type, field),
  ...typeUses(reader, type),
  ...returnUses(reader, getNamedType(field.type)),
];

/**
 * What a field enforces itself. Policies of its parent type are asked once for the object, which a root type has none of, and what
 * hides the objects that it returns is enforced with them.
 */
const ownUsesFor = (
  reader: Reader,
  type: GraphQLObjectType,
  { field, isRoot }: { readonly field: GraphQLField<unknown, unknown>; readonly isRoot: boolean },
): readonly AuthUse[] => [
  ...fieldUses(reader, type, field),
  ...typeUses(reader, type).map((use) => (isRoot ? use : { ...use, policy: null })),
  ...returnUses(reader, getNamedType(field.type)).filter(({ hides }) => !hides),
];

const fieldUses = (
  reader: Reader,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): readonly AuthUse[] => [
  ...reader.usesOn(field, `${type.name}.${field.name}`),
  ...type.getInterfaces().flatMap((parent) => interfaceFieldUses(reader, parent, field.name)),
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

/**
 * Returns the coordinates of the root fields with neither `@auth` nor `@public`, for which `guardSchema` refuses the start: the list
 * to work off in a schema that grew without rules.
 *
 * @example
 * console.log(undecidedRootFields(schema).join('\n'));
 */
export const undecidedRootFields = (schema: GraphQLSchema): readonly string[] =>
  undecidedRoots(schema, createReader(schema, { roles: undefined, hasPolicy: () => true }));

/** Every root field must say who may call it, or its root type must: a forgotten rule stops the start. */
const undecidedRoots = (schema: GraphQLSchema, reader: Reader): readonly string[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    type && typeUses(reader, type).length === 0
      ? Object.values(type.getFields())
          .filter((field) => !isDecided(reader, field, `${type.name}.${field.name}`))
          .map(({ name }) => `${type.name}.${name}`)
      : [],
  );

const isDecided = (reader: Reader, field: Directed, coordinate: string): boolean =>
  reader.usesOn(field, coordinate).length > 0 || directiveUses(field, 'public').length > 0;
