import { type GraphQLSchema, isObjectType } from 'graphql';
import { guardOf } from './guard-registry.ts';
import { type Rule, readRules, type SchemaRules } from './rules.ts';

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
};

/**
 * Returns who may read what: one row for each field of each object type, sorted by coordinate, to print or to compare.
 * Throws `SchemaRulesError` for a schema that is not guarded and whose rules would not be enforced.
 *
 * @example
 * const open = accessMatrix(schema).filter(({ access }) => access['anonymous'] === 'allow');
 */
export const accessMatrix = (schema: GraphQLSchema): readonly AccessRow[] => {
  const schemaRules = guardOf(schema) ?? readRules(schema, () => true);
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => Object.keys(type.getFields()).map((field) => rowOf(schemaRules, `${type.name}.${field}`)))
    .sort((one, other) => (one.coordinate < other.coordinate ? -1 : 1));
};

const rowOf = ({ roles, rules, publicFields }: SchemaRules, coordinate: string): AccessRow => {
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
