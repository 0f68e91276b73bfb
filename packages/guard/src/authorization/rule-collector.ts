import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { GuardError } from '../domain/errors.ts';
import { isSelected } from './conditions.ts';
import type { Rule } from './rule.ts';
import { fragmentOf, type SelectionScope } from './selected-fields.ts';
import { createTypeGroups, groupOf, noTypes, type TypeGroup } from './type-groups.ts';
import { noParts, type RuleParts, type TypeRules } from './type-rules.ts';

export type RuleScope = SelectionScope & {
  /** By coordinate. */
  readonly parts: ReadonlyMap<string, RuleParts>;
  readonly types: TypeRules;
};

type RuleCollector = {
  /** Every rule found so far that counts, each once. */
  readonly rules: ReadonlySet<Rule>;
  /** Returns whether a rule that counts hides something. */
  readonly hides: () => boolean;
  /** Adds the rules of a selection of this parent type and of everything below it. Returns false for more than can be walked. */
  readonly visit: (selection: SelectionNode, parent: GraphQLObjectType) => boolean;
};

/**
 * The most that one plan may take: selections and types, each as often as it is looked at. It is reached in a fraction of a second.
 * Documents that people write stay below a hundredth.
 */
const maxSteps = 1_000_000;

/** The refusal of an operation that would take too long to plan: nothing was authenticated and nothing ran. */
export const planTooLarge = (): GuardError =>
  new GuardError(
    'QUERY_LIMIT_EXCEEDED',
    { reason: 'PLAN' },
    'The document selects too much of too many types. Use fewer fragments, or fewer fields of interfaces and unions.',
  );

type Task = { readonly set: SelectionSetNode; readonly group: TypeGroup };

/**
 * Walks selections as the executor would, but for every object type that could occur. `counts`: which rules to collect. Each selection
 * set is walked at most once per type, and for a group of types at once where it can be: the cost is linear in document × types,
 * however fragments are nested. Without recursion, because fragments nest deeper than a parser does.
 */
export const createRuleCollector = (scope: RuleScope, counts: (rule: Rule) => boolean): RuleCollector => {
  const rules = new Set<Rule>();
  const returned = new Set<GraphQLNamedType>();
  let hides = false;
  let left = maxSteps;
  const spend = (steps: number): void => {
    left -= steps;
  };
  const groups = createTypeGroups(scope.schema, spend);
  const unwalked = createUnwalked(spend);

  const add = ({ error, filter }: RuleParts): void => {
    if (error !== null && counts(error)) rules.add(error);
    hides ||= filter !== null && counts(filter);
  };

  /** Adds the rules of a field, and those of the objects that it returns: of an interface or union they are not the field's. */
  const addRules = ({ types }: TypeGroup, field: string): void => {
    for (const type of types) {
      add(scope.parts.get(`${type.name}.${field}`) ?? noParts);
      const definition = type.getFields()[field];
      const named = definition && getNamedType(definition.type);
      if (named === undefined || returned.has(named)) continue;
      returned.add(named);
      add({ error: null, filter: scope.types.get(named.name)?.filter ?? null });
      if (!isAbstractType(named)) continue;
      const members = scope.schema.getPossibleTypes(named);
      spend(members.length);
      for (const { name } of [named, ...members]) add(scope.types.get(name) ?? noParts);
    }
  };

  const take = (selection: SelectionNode, group: TypeGroup, tasks: Task[]): void => {
    if (!isSelected(selection, scope.values)) return;
    if (selection.kind !== Kind.FIELD) {
      const fragment = fragmentOf(scope, selection);
      if (!fragment) return;
      tasks.push({ set: fragment.selectionSet, group: groups.narrow(group, fragment.typeCondition?.name.value) });
      return;
    }
    const { value } = selection.name;
    if (!group.returned.has(value)) addRules(group, value);
    const objects = groups.returnedBy(group, value);
    if (selection.selectionSet) tasks.push({ set: selection.selectionSet, group: objects });
  };

  const visit = (selection: SelectionNode, parent: GraphQLObjectType): boolean => {
    const tasks: Task[] = [];
    take(selection, groups.possible(parent), tasks);
    for (let task = tasks.pop(); task !== undefined && left > 0; task = tasks.pop()) {
      const { set } = task;
      const group = unwalked(set, task.group);
      if (group.types.length === 0) continue;
      spend(set.selections.length);
      const found: Task[] = [];
      for (const each of set.selections) take(each, group, found);
      // The last is taken first: rules are found in the order of the document.
      for (let next = found.pop(); next !== undefined; next = found.pop()) tasks.push(next);
    }
    return left > 0;
  };

  return { rules, hides: () => hides, visit };
};

type Walked = { readonly groups: Set<TypeGroup>; readonly types: Set<GraphQLObjectType> };

/** Returns a function that returns those types of a group on which a selection set was not walked before, and counts them as walked. */
const createUnwalked = (spend: (steps: number) => void) => {
  const first = new Map<SelectionSetNode, TypeGroup>();
  const further = new Map<SelectionSetNode, Walked>();
  return (set: SelectionSetNode, group: TypeGroup): TypeGroup => {
    const before = first.get(set);
    if (before === undefined) {
      first.set(set, group);
      return group;
    }
    if (before === group) return noTypes;
    const walked = further.get(set) ?? { groups: new Set(), types: new Set(before.types) };
    further.set(set, walked);
    if (walked.groups.has(group)) return noTypes;
    spend(group.types.length);
    walked.groups.add(group);
    const types = group.types.filter((type) => !walked.types.has(type));
    for (const type of types) walked.types.add(type);
    return types.length === group.types.length ? group : groupOf(types);
  };
};
