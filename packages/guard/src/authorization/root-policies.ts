import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import { conditionNames, conditionsOf, readConditions, unconditional } from './conditions.ts';
import type { Guard } from './guard-registry.ts';
import type { Arguments } from './policy.ts';
import type { Rule } from './rule.ts';
import { fragmentsOf, selectedFields } from './selected-fields.ts';

/** A mutation, with what its root resolvers will be called with. */
export type Mutation = {
  readonly schema: GraphQLSchema;
  readonly document: Parameters<typeof fragmentsOf>[0];
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
  readonly rootValue?: unknown;
};

/**
 * Asks the policies of a mutation's root fields, with the arguments that the fields will have, before any of them runs. Returns the
 * first denial in the order of the fields, null if there is none. What the executor will reject anyway, because an argument or variable is
 * invalid, is not asked about: its field does not run.
 */
export const askRootPolicies = (
  guard: Guard,
  mutation: Mutation,
  context: unknown,
): MaybePromise<CodedError | null> => {
  const operation = getOperationAST(mutation.document, mutation.operationName);
  const root = mutation.schema.getMutationType();
  if (!operation || !root) return null;
  const variables = readVariables(mutation, operation);
  if (variables === null) return null;
  const fragments = fragmentsOf(mutation.document);
  const scope = { guard, mutation, operation, root, variables, fragments };
  const asked = [...rootFields(scope)].flatMap(([key, nodes]) => questionOf(scope, key, nodes));
  return firstDenial(guard, asked, context);
};

type RootQuestion = { readonly rule: Rule; readonly args: Arguments; readonly info: GraphQLResolveInfo };

const firstDenial = (
  guard: Guard,
  questions: readonly RootQuestion[],
  context: unknown,
  from = 0,
): MaybePromise<CodedError | null> => {
  for (let index = from; index < questions.length; index += 1) {
    const denial = askOne(guard, questions[index], context);
    if (isPromise(denial)) {
      return denial.then((settled) => settled ?? firstDenial(guard, questions, context, index + 1));
    }
    if (denial !== null) return denial;
  }
  return null;
};

const askOne = (
  guard: Guard,
  question: RootQuestion | undefined,
  context: unknown,
): MaybePromise<CodedError | null> => {
  if (question === undefined) return null;
  const { rule, args, info } = question;
  return guard.policies.deny(rule, guard.policies.usesOf(rule), {
    ...{ coordinate: rule.coordinate, parent: info.rootValue, args, context, info },
    ...{ event: undefined, value: undefined },
  });
};

/** Returns the nodes of each response key that is selected, as the executor groups them. */
const rootFields = ({ mutation, operation, root, fragments }: Scope): ReadonlyMap<string, readonly FieldNode[]> => {
  const { schema, document, variables } = mutation;
  const conditions = conditionsOf(operation, conditionNames(document));
  const values = conditions === null ? unconditional : readConditions(conditions, variables);
  const fields = new Map<string, FieldNode[]>();
  for (const field of selectedFields({ schema, fragments, values }, operation.selectionSet, root)) {
    const key = (field.alias ?? field.name).value;
    const nodes = fields.get(key);
    if (nodes) nodes.push(field);
    else fields.set(key, [field]);
  }
  return fields;
};

/** Graphql 17 gives `getArgumentValues` the values with their sources, graphql 16 the values. */
type VariableValues = NonNullable<Parameters<typeof getArgumentValues>[2]>;

const readVariables = (
  { schema, variables }: Mutation,
  { variableDefinitions = [] }: OperationDefinitionNode,
): VariableValues | null => {
  const given = typeof variables === 'object' && variables !== null ? { ...variables } : {};
  const read = getVariableValues(schema, variableDefinitions, given) as {
    readonly variableValues?: VariableValues;
    readonly coerced?: VariableValues;
  };
  return read.variableValues ?? read.coerced ?? null;
};

type Scope = {
  readonly guard: Guard;
  readonly mutation: Mutation;
  readonly operation: OperationDefinitionNode;
  readonly root: GraphQLObjectType;
  readonly variables: VariableValues;
  readonly fragments: ReturnType<typeof fragmentsOf>;
};

const questionOf = (scope: Scope, key: string, nodes: readonly FieldNode[]): readonly RootQuestion[] => {
  const { guard, root, variables } = scope;
  const [node] = nodes;
  const field = node && root.getFields()[node.name.value];
  const rule = guard.parts.get(`${root.name}.${field?.name}`)?.error;
  if (!field || !rule || rule.policies.length === 0) return [];
  try {
    const info = infoOf(scope, key, nodes);
    return [{ rule, args: getArgumentValues(field, node, variables), info }];
  } catch {
    return [];
  }
};

/** What the executor will give to the resolver, as far as it is known before. */
const infoOf = (
  { mutation, operation, root, variables, fragments }: Scope,
  key: string,
  nodes: readonly FieldNode[],
) => {
  const fieldName = nodes[0]?.name.value ?? '';
  const info = {
    fieldName,
    fieldNodes: nodes,
    returnType: root.getFields()[fieldName]?.type,
    parentType: root,
    path: { prev: undefined, key, typename: root.name },
    schema: mutation.schema,
    fragments: Object.fromEntries(fragments),
    rootValue: mutation.rootValue,
    operation,
    variableValues: variables,
    getAbortSignal: () => undefined,
  };
  return info as unknown as GraphQLResolveInfo;
};
