import type { GraphQLResolveInfo } from 'graphql';
import type { Rule } from './rule.ts';
import type { RuleParts } from './type-rules.ts';

/** Returns, or resolves to, anything if the rule is met for this object. Throws or rejects with the denial. */
export type Check = (
  parent: unknown,
  args: Readonly<Record<string, unknown>>,
  context: unknown,
  info: GraphQLResolveInfo,
) => unknown;

/** Returns the check of a rule. What is hidden is not reported: see `onDenied`. */
export type CheckOf = (rule: Rule, part: keyof RuleParts) => Check;

/** Where an object stands: the field that returned it. */
export type Place = { readonly context: unknown; readonly info: GraphQLResolveInfo };
