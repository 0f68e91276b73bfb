import { type GraphQLSchema, isObjectType } from 'graphql';
import { guardOf } from './guard.ts';
import { type Rule, readRules, type SchemaRules } from './rules.ts';

/** `policy`: what can be decided from the caller alone holds, and a function has the last word. */
export type Access = 'allow' | 'deny' | 'policy';

/** Who may read one field. */
export type AccessRow = {
  /** `Type.field`. */
  readonly coordinate: string;
  /** For `anonymous` and for each role, by name and from least to greatest. A caller who has the scopes, if any are needed. */
  readonly access: Readonly<Record<string, Access>>;
  /** Each entry must be met: by any of its sets, that set in full. */
  readonly scopes: readonly (readonly (readonly string[])[])[];
  readonly policies: readonly string[];
  /** The field says `@public`. */
  readonly public: boolean;
};

/** Who may read what: a row for each field of each object type, sorted by coordinate, to print and to compare. */
export const accessMatrix = (schema: GraphQLSchema): readonly AccessRow[] => {
  const schemaRules = guardOf(schema) ?? readRules(schema, () => true);
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) =>
      (isObjectType(type) ? Object.values(type.getFields()) : []).map((field) => [type, field] as const),
    )
    .map(([type, field]) => rowOf(schemaRules, `${type.name}.${field.name}`))
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
