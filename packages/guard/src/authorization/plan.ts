import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import { type Conditions, type ConditionValues, conditionsOf } from './conditions.ts';
import { createRuleCollector } from './rule-collector.ts';
import type { Rule, SchemaRules } from './rules.ts';
import { fragmentsOf, selectedFields } from './selected-fields.ts';

/** What one operation selects, for one set of values of the variables in its @skip and @include. */
export type Plan = {
  readonly operation: OperationTypeNode;
  /** The rule of each selected root field, null for a field without one. Introspection is left out. */
  readonly roots: readonly (Rule | null)[];
  /** The coordinates of the root fields, one for each response key. Introspection is left out. */
  readonly fields: readonly string[];
  /** Every rule that the operation can meet, each once. Empty: no credential is verified and no store is asked. */
  readonly rules: readonly Rule[];
};

/** The most plans kept per operation; further ones are computed each time. Clients choose the values, so it is bounded. */
const maxVariants = 32;

type OperationPlans = { readonly conditions: Conditions; readonly variants: Map<string, Plan> };

/** Returns the plan of an operation, null if the document has no such operation, in which case nothing will run. */
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
  const known = new WeakMap<DocumentNode, Map<OperationDefinitionNode, OperationPlans>>();
  const plansOf = (document: DocumentNode, operation: OperationDefinitionNode): OperationPlans => {
    const ofDocument = known.get(document) ?? new Map<OperationDefinitionNode, OperationPlans>();
    known.set(document, ofDocument);
    const plans = ofDocument.get(operation) ?? { conditions: conditionsOf(document, operation), variants: new Map() };
    ofDocument.set(operation, plans);
    return plans;
  };
  return (document, operationName, variables) => {
    const operation = findOperation(document, operationName);
    if (operation === undefined) {
      return null;
    }
    const { conditions, variants } = plansOf(document, operation);
    const values = conditions.valuesIn(variables);
    const cached = variants.get(values.key);
    if (cached !== undefined) {
      return cached;
    }
    const plan = planOperation({ schema, schemaRules, document, values }, operation);
    if (variants.size < maxVariants) {
      variants.set(values.key, plan);
    }
    return plan;
  };
};

/** Chooses as the executor does: by name, or the only one. */
const findOperation = (
  document: DocumentNode,
  name: string | null | undefined,
): OperationDefinitionNode | undefined => {
  let found: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) {
      continue;
    }
    if (name === null || name === undefined) {
      if (found !== undefined) {
        return undefined;
      }
      found = definition;
    } else if (definition.name?.value === name) {
      found = definition;
    }
  }
  return found;
};

type PlanInput = {
  readonly schema: GraphQLSchema;
  readonly schemaRules: SchemaRules;
  readonly document: DocumentNode;
  readonly values: ConditionValues;
};

const planOperation = (input: PlanInput, node: OperationDefinitionNode): Plan => {
  const { schema, schemaRules, document, values } = input;
  const { rules, publicFields } = schemaRules;
  const scope = { schema, fragments: fragmentsOf(document), values, rules };
  const root = schema.getRootType(node.operation);
  if (!root) return { operation: node.operation, roots: [], fields: [], rules: [] };
  const strict = createRuleCollector(scope, () => true);
  // Below a public mutation, optional rules do not count: a login or refresh establishes a credential and uses none, so an
  // expired one sent along must not stop it. The wrapped resolvers still decide about each field.
  const lenient = createRuleCollector(scope, (rule) => !rule.optional);
  const roots: (Rule | null)[] = [];
  const fields = new Map<string, string>();
  for (const field of selectedFields(scope, node.selectionSet, root)) {
    const coordinate = `${root.name}.${field.name.value}`;
    fields.set((field.alias ?? field.name).value, coordinate);
    roots.push(rules.get(coordinate) ?? null);
    const isPublicMutation = node.operation === 'mutation' && publicFields.has(coordinate);
    (isPublicMutation ? lenient : strict).visit(field, root);
  }
  const all = [...new Set([...strict.rules, ...lenient.rules])];
  return { operation: node.operation, roots, fields: [...fields.values()], rules: all };
};
