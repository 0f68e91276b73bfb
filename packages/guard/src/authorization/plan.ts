import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import {
  type ConditionValues,
  type ConditionVariables,
  conditionNames,
  conditionsOf,
  readConditions,
  unconditional,
} from './conditions.ts';
import type { Rule } from './rule.ts';
import { createRuleCollector, planTooLarge } from './rule-collector.ts';
import type { SchemaRules } from './rules.ts';
import { fragmentsOf, selectedFields } from './selected-fields.ts';

/** What one operation selects, for one set of values of the variables in its @skip and @include. */
export type Plan = {
  readonly operation: OperationTypeNode;
  /** The rule of each selected root field, null for a field without one. Introspection is left out. */
  readonly roots: readonly (Rule | null)[];
  /** The coordinates of the root fields, one for each response key. Introspection is left out. */
  readonly fields: readonly string[];
  /** Every rule that the operation can meet, each once. Empty, and nothing hides: no credential is verified and no store is asked. */
  readonly rules: readonly Rule[];
  /** Whether a rule can hide something. Then the caller matters too, although none of these rules refuses the operation. */
  readonly hides: boolean;
};

/** The most plans kept per operation; further ones are computed each time. Clients choose the values, so it is bounded. */
const maxVariants = 32;

/** An operation and its plans, by the key of the values of its conditions. */
type Operation = {
  readonly node: OperationDefinitionNode;
  /** Null if it selects the same whatever its variables are. */
  readonly conditions: ConditionVariables | null;
  /** Null for a plan that would be too large, which is not tried again. */
  readonly plans: Map<string, Plan | null>;
};

/**
 * Returns the plan of an operation, null if the document has no such operation, in which case nothing will run. Throws
 * `QUERY_LIMIT_EXCEEDED` for a document that would take too long to plan.
 */
export type Planner = (
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: unknown,
) => Plan | null;

/**
 * Returns the planner of one schema. Plans are cached by document, weakly: servers reuse the parsed document of a text, so a
 * plan is computed once.
 */
export const createPlanner = (schema: GraphQLSchema, schemaRules: SchemaRules): Planner => {
  const known = new WeakMap<DocumentNode, ReadonlyMap<string | null, Operation>>();
  const plan = planWith(schema, schemaRules);
  return (document, operationName, variables) => {
    let operations = known.get(document);
    if (operations === undefined) {
      operations = operationsOf(document);
      known.set(document, operations);
    }
    const operation = operations.get(operationName ?? null);
    if (operation === undefined) return null;
    const { node, conditions, plans } = operation;
    const values = conditions === null ? unconditional : readConditions(conditions, variables);
    const cached = plans.get(values.key);
    const found = cached === undefined ? plan(document, values, node) : cached;
    if (plans.size < maxVariants) plans.set(values.key, found);
    if (found === null) throw planTooLarge();
    return found;
  };
};

/** Returns the operations by name; by null the only one, as the executor chooses it. */
const operationsOf = (document: DocumentNode): ReadonlyMap<string | null, Operation> => {
  const nodes = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const names = conditionNames(document);
  const operations = new Map<string | null, Operation>();
  for (const node of nodes) {
    const operation = { node, conditions: conditionsOf(node, names), plans: new Map() };
    if (node.name !== undefined) operations.set(node.name.value, operation);
    if (nodes.length === 1) operations.set(null, operation);
  }
  return operations;
};

type PlanDocument = (document: DocumentNode, values: ConditionValues, node: OperationDefinitionNode) => Plan | null;

const planWith = (schema: GraphQLSchema, { parts, types, publicFields }: SchemaRules): PlanDocument => {
  return (document, values, node) => {
    const { operation, selectionSet } = node;
    const root = schema.getRootType(operation);
    if (!root) return { operation, roots: [], fields: [], rules: [], hides: false };
    const scope = { schema, fragments: fragmentsOf(document), values, parts, types };
    const strict = createRuleCollector(scope, () => true);
    // Below a public mutation, optional rules do not count: a login or refresh establishes a credential and uses none, so an
    // expired one sent along must not stop it. The wrapped resolvers still decide about each field.
    const lenient = createRuleCollector(scope, (rule) => !rule.optional);
    const roots: (Rule | null)[] = [];
    const fields = new Map<string, string>();
    for (const field of selectedFields(scope, selectionSet, root)) {
      const coordinate: string = `${root.name}.${field.name.value}`;
      fields.set((field.alias ?? field.name).value, coordinate);
      roots.push(parts.get(coordinate)?.error ?? null);
      const isPublicMutation: boolean = operation === 'mutation' && publicFields.has(coordinate);
      if (!(isPublicMutation ? lenient : strict).visit(field, root)) return null;
    }
    const collectors = [strict, lenient];
    return {
      operation,
      roots,
      fields: [...fields.values()],
      rules: [...new Set(collectors.flatMap((collector) => [...collector.rules]))],
      hides: collectors.some((collector) => collector.hides()),
    };
  };
};
