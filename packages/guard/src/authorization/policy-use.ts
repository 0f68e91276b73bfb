import { type ArgumentNode, type FieldNode, Kind, parse, print, valueFromASTUntyped, visit } from 'graphql';
import type { Arguments, Policies, Policy } from './policy.ts';

/** A policy with its constants, as a rule names it. Rules that say the same have the same one. */
export type PolicyUse = {
  readonly policy: Policy;
  readonly name: string;
  readonly params: Arguments;
  /** As the rule wrote it. */
  readonly text: string;
};

type Parsed = { readonly name: string; readonly params: Arguments; readonly canonical: string };

/** Returns what is wrong with the `policy` of an `@auth`. */
export const policyProblems = (policy: unknown, hasPolicy: (name: string) => boolean): readonly string[] => {
  if (typeof policy === 'string' && hasPolicy(policy)) return [];
  const parsed = typeof policy === 'string' ? parsePolicy(policy) : null;
  if (typeof policy === 'string' && parsed === null) {
    const text = JSON.stringify(policy);
    return [`@auth has a policy that is not a name, or a name with constants such as "owns(field: ownerId)": ${text}`];
  }
  if (parsed !== null && hasPolicy(parsed.name)) return [];
  return [`@auth has an unknown policy: ${JSON.stringify(parsed?.name ?? policy)}`];
};

/** Returns a function that returns the use for the text of a rule, null for a policy that does not exist. */
export const createPolicyUses = (policies: Policies): ((text: string) => PolicyUse | null) => {
  const known = new Map<string, PolicyUse>();
  return (text) => {
    const isName = hasOwnFunction(policies, text);
    const parsed = isName ? { name: text, params: noParams, canonical: text } : parsePolicy(text);
    const policy = parsed && hasOwnFunction(policies, parsed.name) ? policies[parsed.name] : undefined;
    if (parsed === null || policy === undefined) return null;
    const { name, params, canonical } = parsed;
    const use = known.get(canonical) ?? { policy, name, params, text };
    known.set(canonical, use);
    return use;
  };
};

/** A name that every object has, such as `constructor`, is no policy. */
export const hasOwnFunction = (policies: Policies, name: string): boolean =>
  Object.hasOwn(policies, name) && typeof policies[name] === 'function';

const noParams: Arguments = Object.freeze({});

/** Parses `name` or `name(param: constant)`, in the words of GraphQL: an enum value is a string. Null for anything else. */
const parsePolicy = (text: string): Parsed | null => {
  const field = parseField(text);
  if (field === null) return null;
  const { name, arguments: args = [] } = field;
  if (!areConstants(field)) return null;
  const params = Object.fromEntries(args.map((arg: ArgumentNode) => [arg.name.value, valueFromASTUntyped(arg.value)]));
  return { name: name.value, params: freezeDeep(params), canonical: print(field) };
};

/** The text is put where a field stands, so anything that GraphQL reads as more than one plain field is refused. */
const parseField = (text: string): FieldNode | null => {
  try {
    const { definitions } = parse(`{${text}\n}`, { noLocation: true });
    const [operation] = definitions;
    if (definitions.length !== 1 || operation?.kind !== Kind.OPERATION_DEFINITION) return null;
    const [field] = operation.selectionSet.selections;
    if (operation.selectionSet.selections.length !== 1 || field?.kind !== Kind.FIELD) return null;
    const isPlain =
      field.alias === undefined && field.selectionSet === undefined && (field.directives ?? []).length === 0;
    return isPlain ? field : null;
  } catch {
    return null;
  }
};

const areConstants = (field: FieldNode): boolean => {
  let areSo = hasUniqueNames(field.arguments ?? []);
  visit(field, {
    Variable: () => {
      areSo = false;
    },
    ObjectValue: ({ fields }) => {
      areSo &&= hasUniqueNames(fields);
    },
  });
  return areSo;
};

const hasUniqueNames = (nodes: readonly { readonly name: { readonly value: string } }[]): boolean =>
  new Set(nodes.map(({ name }) => name.value)).size === nodes.length;

const freezeDeep = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(freezeDeep);
  return Object.freeze(value);
};
