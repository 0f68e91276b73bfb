import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { type ConditionValues, conditionsOf, isSelected } from './conditions.ts';
import type { Rule, SchemaRules } from './rules.ts';

/** What one operation touches, for one set of values of the variables that its @skip and @include name. */
export type Plan = {
  readonly operation: OperationTypeNode;
  /** The rule of each selected root field, null where it has none. Introspection never counts. */
  readonly roots: readonly (Rule | null)[];
  /** Coordinates of what is resolved at the root: one for each response key. Introspection never counts. */
  readonly fields: readonly string[];
  /** Every rule the operation can meet, each once. Empty: nothing is verified and nobody is asked. */
  readonly rules: readonly Rule[];
};

/** Plans kept per operation beyond which they are worked out anew: a caller chooses the values, so the number is bounded. */
const maxVariants = 32;

type OperationPlans = {
  /** The variables that decide what is selected. */
  readonly conditions: ReturnType<typeof conditionsOf>;
  readonly variants: Map<string, Plan>;
};

type Planner = (document: DocumentNode, operationName: string | null | undefined, variables: unknown) => Plan | null;

/**
 * Plans operations of one schema. Kept by document, weakly: servers hand out the same parsed document for the same
 * text, so that a plan is worked out once. Null where the document has no such operation; nothing will run then.
 */
export const createPlanner = (schema: GraphQLSchema, schemaRules: SchemaRules): Planner => {
  const known = new WeakMap<DocumentNode, Map<OperationDefinitionNode, OperationPlans>>();
  return (document, operationName, variables) => {
    const operation = findOperation(document, operationName);
    if (operation === undefined) {
      return null;
    }
    const ofDocument = known.get(document) ?? new Map<OperationDefinitionNode, OperationPlans>();
    known.set(document, ofDocument);
    const plans = ofDocument.get(operation) ?? { conditions: conditionsOf(document, operation), variants: new Map() };
    ofDocument.set(operation, plans);
    const values = plans.conditions.valuesIn(variables);
    const variant = plans.variants.get(values.key);
    if (variant !== undefined) {
      return variant;
    }
    const plan = planOperation({ schema, schemaRules, document, values }, operation);
    if (plans.variants.size < maxVariants) {
      plans.variants.set(values.key, plan);
    }
    return plan;
  };
};

/** The same choice as the executor's: by name, or the only one. */
const findOperation = (document: DocumentNode, name: string | null | undefined) => {
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

type Scope = {
  readonly schema: GraphQLSchema;
  readonly schemaRules: SchemaRules;
  readonly document: DocumentNode;
  readonly values: ConditionValues;
};

const planOperation = (scope: Scope, node: OperationDefinitionNode): Plan => {
  const root = scope.schema.getRootType(node.operation);
  const collect = collector(scope);
  // Below a public mutation, optional rules ask nothing of the header: it establishes a credential, it uses none, and
  // a dead one beside it must not stop a login or a refresh. The wrapped resolvers still decide.
  const lenient = collector(scope, (rule) => !rule.optional);
  const roots: (Rule | null)[] = [];
  const fields = new Map<string, string>();
  for (const field of root ? collect.fieldsOf(node.selectionSet, root) : []) {
    const coordinate = `${root?.name}.${field.name.value}`;
    fields.set((field.alias ?? field.name).value, coordinate);
    const isPublicMutation = node.operation === 'mutation' && scope.schemaRules.publicFields.has(coordinate);
    roots.push(scope.schemaRules.rules.get(coordinate) ?? null);
    (isPublicMutation ? lenient : collect).visit(field, root as GraphQLObjectType);
  }
  const rules = [...new Set([...collect.rules, ...lenient.rules])];
  return { operation: node.operation, roots, fields: [...fields.values()], rules };
};

/** Walks selections as the executor would, but for every object type that could turn up. */
const collector = (scope: Scope, counts: (rule: Rule) => boolean = () => true) => {
  const { schema, schemaRules, values } = scope;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of scope.document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const rules = new Set<Rule>();
  // A selection set is walked once per type: fragments spread a thousand times cost no more than one.
  const visited = new Map<SelectionSetNode, Set<GraphQLObjectType>>();

  const applies = (condition: string | undefined, type: GraphQLObjectType): boolean => {
    const target = condition === undefined ? type : schema.getType(condition);
    return target === type || (isAbstractType(target) && schema.isSubType(target, type));
  };

  /** The fields that are resolved where the parent is exactly this type, whatever their response keys. */
  const fieldsOf = (set: SelectionSetNode, type: GraphQLObjectType, spread = new Set<string>()): readonly FieldNode[] =>
    set.selections.flatMap((selection) => {
      if (!isSelected(selection, values)) {
        return [];
      }
      if (selection.kind === Kind.FIELD) {
        return selection.name.value.startsWith('__') ? [] : [selection];
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        return applies(selection.typeCondition?.name.value, type) ? fieldsOf(selection.selectionSet, type, spread) : [];
      }
      const fragment = fragments.get(selection.name.value);
      if (!fragment || spread.has(fragment.name.value) || !applies(fragment.typeCondition.name.value, type)) {
        return [];
      }
      return fieldsOf(fragment.selectionSet, type, spread.add(fragment.name.value));
    });

  const visit = (field: FieldNode, parent: GraphQLObjectType): void => {
    const rule = schemaRules.rules.get(`${parent.name}.${field.name.value}`);
    if (rule !== undefined && counts(rule)) {
      rules.add(rule);
    }
    const definition = parent.getFields()[field.name.value];
    if (field.selectionSet === undefined || definition === undefined) {
      return;
    }
    const type = getNamedType(definition.type);
    for (const each of isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : []) {
      walk(field.selectionSet, each);
    }
  };

  const walk = (set: SelectionSetNode, type: GraphQLObjectType): void => {
    const types = visited.get(set) ?? new Set();
    if (types.has(type)) {
      return;
    }
    visited.set(set, types.add(type));
    for (const field of fieldsOf(set, type)) {
      visit(field, type);
    }
  };

  return { rules, fieldsOf, visit };
};
