import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from 'graphql';

/** The values of the variables that @skip and @include use; undefined where a value cannot be known. */
export type ConditionValues = {
  /** Equal keys mean equal values. */
  readonly key: string;
  readonly of: (variable: string) => boolean | undefined;
};

const unconditional: ConditionValues = { key: '', of: () => undefined };

export type Conditions = {
  /** Reads the values as the executor will. */
  readonly valuesIn: (variables: unknown) => ConditionValues;
};

/** Returns the variables of one operation that decide what is selected. */
export const conditionsOf = (document: DocumentNode, operation: OperationDefinitionNode): Conditions => {
  const defaults = new Map<string, boolean | undefined>();
  const names = conditionVariables(document);
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (names.has(variable.name.value)) {
      defaults.set(variable.name.value, defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined);
    }
  }
  return { valuesIn: (variables) => (defaults.size === 0 ? unconditional : readValues(defaults, variables)) };
};

const readValues = (defaults: ReadonlyMap<string, boolean | undefined>, variables: unknown): ConditionValues => {
  const values = new Map<string, boolean | undefined>();
  let key = '';
  for (const [name, defaultValue] of defaults) {
    const value = readValue(variables, name, defaultValue);
    values.set(name, value);
    key += value === undefined ? '?' : value ? '1' : '0';
  }
  return { key, of: (name) => values.get(name) };
};

/** The executor rejects anything but a boolean. Until then such a value hides no field from the plan. */
const readValue = (variables: unknown, name: string, defaultValue: boolean | undefined): boolean | undefined => {
  const given =
    typeof variables === 'object' && variables !== null && Object.hasOwn(variables, name)
      ? (variables as Readonly<Record<string, unknown>>)[name]
      : undefined;
  if (given === undefined) {
    return defaultValue;
  }
  return typeof given === 'boolean' ? given : undefined;
};

/** The variables of all conditions in the document. A fragment's own variable would shadow one: it is left out. */
const conditionVariables = (document: DocumentNode): ReadonlySet<string> => {
  const names = new Set<string>();
  const shadowed = new Set<string>();
  visit(document, {
    Directive: (node) => {
      const value = isCondition(node) ? conditionValue(node) : undefined;
      if (value?.kind === Kind.VARIABLE) {
        names.add(value.name.value);
      }
    },
    FragmentDefinition: (node) => {
      for (const { variable } of node.variableDefinitions ?? []) {
        shadowed.add(variable.name.value);
      }
    },
  });
  return new Set([...names].filter((name) => !shadowed.has(name)));
};

/** Returns whether the executor will select this, as far as the conditions say. A selection with an unknown condition counts. */
export const isSelected = (selection: SelectionNode, values: ConditionValues): boolean =>
  (selection.directives ?? []).every((directive) => {
    const value = isCondition(directive) ? booleanOf(directive, values) : undefined;
    return value === undefined || value === (directive.name.value === 'include');
  });

const booleanOf = (directive: DirectiveNode, values: ConditionValues): boolean | undefined => {
  const value = conditionValue(directive);
  return value?.kind === Kind.VARIABLE ? values.of(value.name.value) : value?.value;
};

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include';

const conditionValue = ({ arguments: args }: DirectiveNode) => {
  const value = args?.find(({ name }) => name.value === 'if')?.value;
  return value?.kind === Kind.BOOLEAN || value?.kind === Kind.VARIABLE ? value : undefined;
};
