import {
  type BooleanValueNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from 'graphql';

/** The truth of the variables that @skip and @include name; undefined where it cannot be known. */
export type ConditionValues = {
  /** Equal for equal values. */
  readonly key: string;
  readonly of: (variable: string) => boolean | undefined;
};

const unconditional: ConditionValues = { key: '', of: () => undefined };

/** The variables of one operation that decide what is selected, and how to read them as the executor will. */
export const conditionsOf = (document: DocumentNode, operation: OperationDefinitionNode) => {
  const defaults = new Map<string, boolean | undefined>();
  const names = conditionVariables(document);
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (names.has(variable.name.value)) {
      defaults.set(variable.name.value, defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined);
    }
  }
  const valuesIn = (variables: unknown): ConditionValues => {
    if (defaults.size === 0) {
      return unconditional;
    }
    const values = new Map<string, boolean | undefined>();
    let key = '';
    for (const [name, fallback] of defaults) {
      const value = truthGiven(variables, name, fallback);
      values.set(name, value);
      key += value === undefined ? '?' : value ? '1' : '0';
    }
    return { key, of: (name) => values.get(name) };
  };
  return { valuesIn };
};

/** Anything but a boolean is refused by the executor; until then it hides no field. */
const truthGiven = (variables: unknown, name: string, fallback: boolean | undefined): boolean | undefined => {
  const given =
    typeof variables === 'object' && variables !== null && Object.hasOwn(variables, name)
      ? (variables as Readonly<Record<string, unknown>>)[name]
      : undefined;
  if (given === undefined) {
    return fallback;
  }
  return typeof given === 'boolean' ? given : undefined;
};

/** Names used in conditions anywhere in the document. A fragment's own variables would shadow them: those are left open. */
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

/** Whether the executor will take the selection, as far as its conditions say. In doubt it is taken. */
export const isSelected = (selection: SelectionNode, values: ConditionValues): boolean =>
  (selection.directives ?? []).every((directive) => {
    const truth = isCondition(directive) ? truthOf(directive, values) : undefined;
    return truth === undefined || truth === (directive.name.value === 'include');
  });

const truthOf = (directive: DirectiveNode, values: ConditionValues): boolean | undefined => {
  const value = conditionValue(directive);
  return value?.kind === Kind.VARIABLE ? values.of(value.name.value) : (value as BooleanValueNode | undefined)?.value;
};

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include';

const conditionValue = ({ arguments: args }: DirectiveNode) => {
  const value = args?.find(({ name }) => name.value === 'if')?.value;
  return value?.kind === Kind.BOOLEAN || value?.kind === Kind.VARIABLE ? value : undefined;
};
