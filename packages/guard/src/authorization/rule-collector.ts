import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { Rule } from './rules.ts';
import { type SelectionScope, selectedFields } from './selected-fields.ts';

export type RuleScope = SelectionScope & {
  /** By coordinate. */
  readonly rules: ReadonlyMap<string, Rule>;
};

type RuleCollector = {
  /** Every rule found so far that counts, each once. */
  readonly rules: ReadonlySet<Rule>;
  /** Adds the rules of a field of this parent type and of everything selected below it. */
  readonly visit: (field: FieldNode, parent: GraphQLObjectType) => void;
};

/** Walks selections as the executor would, but for every object type that could occur. `counts`: which rules to collect. */
export const createRuleCollector = (scope: RuleScope, counts: (rule: Rule) => boolean): RuleCollector => {
  const rules = new Set<Rule>();
  // A selection set is walked once per type, so a fragment that is spread a thousand times costs no more than once.
  const visited = new Map<SelectionSetNode, Set<GraphQLObjectType>>();

  const visit = (field: FieldNode, parent: GraphQLObjectType): void => {
    const rule = scope.rules.get(`${parent.name}.${field.name.value}`);
    if (rule !== undefined && counts(rule)) {
      rules.add(rule);
    }
    const definition = parent.getFields()[field.name.value];
    if (field.selectionSet === undefined || definition === undefined) {
      return;
    }
    for (const type of possibleTypes(scope.schema, definition.type)) {
      walk(field.selectionSet, type);
    }
  };

  const walk = (set: SelectionSetNode, type: GraphQLObjectType): void => {
    const types = visited.get(set) ?? new Set();
    if (types.has(type)) {
      return;
    }
    visited.set(set, types.add(type));
    for (const field of selectedFields(scope, set, type)) {
      visit(field, type);
    }
  };

  return { rules, visit };
};

const possibleTypes = (schema: GraphQLSchema, returned: GraphQLOutputType): readonly GraphQLObjectType[] => {
  const type = getNamedType(returned);
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
};
