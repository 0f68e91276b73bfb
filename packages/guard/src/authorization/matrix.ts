import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { requireGuard } from './guard-registry.ts';
import type { Rule } from './rule.ts';
import type { SchemaRules } from './rules.ts';

/** `policy`: the rule is met as far as it depends on the caller alone, and a policy decides. */
export type Access = 'allow' | 'deny' | 'policy';

/** Who may read one field. */
export type AccessRow = {
  /** `Type.field`. */
  readonly coordinate: string;
  /** For `anonymous` and each role, from least to greatest; for callers with the scopes, if any are required. */
  readonly access: Readonly<Record<string, Access>>;
  /** Each entry must be met by any of its sets, that set in full. */
  readonly scopes: readonly (readonly (readonly string[])[])[];
  readonly policies: readonly string[];
  /** Whether the field has `@public`. */
  readonly public: boolean;
  /** The fields that return its type. Their rules must be met too. Empty for root fields. */
  readonly reachedThrough: readonly string[];
};

/**
 * Returns who may read what: one row for each field of each object type, sorted by coordinate, to print or to compare.
 * Throws `SchemaRulesError` if the schema was not made by `guardSchema`, which knows the order of the roles.
 *
 * @example
 * const open = accessMatrix(schema).filter(({ access }) => access['anonymous'] === 'allow');
 */
export const accessMatrix = (schema: GraphQLSchema): readonly AccessRow[] => {
  const schemaRules = requireGuard(schema);
  const types = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__'));
  const entrances = entrancesOf(schema, types);
  return types
    .flatMap((type) =>
      Object.keys(type.getFields()).map((field) => ({
        ...rowOf(schemaRules, `${type.name}.${field}`),
        reachedThrough: entrances.get(type.name) ?? [],
      })),
    )
    .sort((one, other) => (one.coordinate < other.coordinate ? -1 : 1));
};

/** Returns for each type the coordinates of the fields that return it, also as a member of an interface or a union. */
const entrancesOf = (
  schema: GraphQLSchema,
  types: readonly GraphQLObjectType[],
): ReadonlyMap<string, readonly string[]> => {
  const entrances = new Map<string, string[]>();
  const possible = (type: GraphQLNamedType): readonly GraphQLNamedType[] =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  for (const parent of types) {
    for (const field of Object.values(parent.getFields())) {
      for (const { name } of possible(getNamedType(field.type))) {
        entrances.set(name, [...(entrances.get(name) ?? []), `${parent.name}.${field.name}`]);
      }
    }
  }
  return entrances;
};

const rowOf = ({ roles, rules, publicFields }: SchemaRules, coordinate: string): Omit<AccessRow, 'reachedThrough'> => {
  const rule = rules.get(coordinate);
  const access: Record<string, Access> = { anonymous: rule && !rule.optional ? 'deny' : passing(rule) };
  for (const role of roles) {
    access[role] = rule?.rolesAllowed?.includes(role) === false ? 'deny' : passing(rule);
  }
  return {
    coordinate,
    access,
    scopes: rule?.scopes ?? [],
    policies: rule?.policies ?? [],
    public: publicFields.has(coordinate),
  };
};

const passing = (rule: Rule | undefined): Access => (rule && rule.policies.length > 0 ? 'policy' : 'allow');
