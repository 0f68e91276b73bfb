import { isScopePattern } from '../domain/scope.ts';
import type { RawArguments } from './extension-directives.ts';
import { policyProblems } from './policy-use.ts';

/** One `@auth` as it was written. */
export type AuthUse = {
  readonly role: string | null;
  readonly scopes: readonly (readonly string[])[] | null;
  readonly policy: string | null;
  readonly optional: boolean;
};

const argumentNames = ['role', 'scopes', 'policy', 'optional', 'onDenied'];

type Known = {
  /** The values of the role enum. */
  readonly roles: readonly string[];
  readonly hasPolicy: (name: string) => boolean;
};

/** Parses the arguments of one `@auth` and lists what is wrong with them. Values are not coerced: `scopes: ["a", "b"]` is ambiguous. */
export const parseAuth = (
  args: RawArguments,
  known: Known,
): { readonly use: AuthUse; readonly problems: readonly string[] } => {
  const { role, scopes, policy, optional } = args;
  const use = {
    role: typeof role === 'string' ? role : null,
    scopes: isScopeSets(scopes) ? scopes : null,
    policy: typeof policy === 'string' ? policy : null,
    optional: optional === true,
  };
  return { use, problems: argumentProblems(args, known) };
};

/** An argument that is there without a value counts: `role: roles.ADMNI` in code would otherwise be a rule for everybody. */
const argumentProblems = (args: RawArguments, known: Known): readonly string[] => {
  const { role, scopes, policy, optional, onDenied } = args;
  const has = (name: string): boolean => Object.hasOwn(args, name);
  const problems = Object.keys(args)
    .filter((name) => !argumentNames.includes(name))
    .map((name) => `@auth has no argument "${name}"`);
  if (has('role') && !known.roles.some((name) => name === role)) {
    problems.push(`@auth has an unknown role: ${JSON.stringify(role)}`);
  }
  if (has('scopes') && !isScopeSets(scopes)) {
    problems.push('@auth needs scopes to be a list of lists of names, none of them empty');
  }
  if (isScopeSets(scopes) && scopes.flat().some(isScopePattern)) {
    problems.push('@auth cannot ask for a scope with a wildcard: wildcards are for granting');
  }
  if (has('policy')) {
    problems.push(...policyProblems(policy, known.hasPolicy));
  }
  if (has('optional') && typeof optional !== 'boolean') {
    problems.push('@auth needs optional to be true or false');
  }
  if (optional === true && (has('role') || has('scopes'))) {
    problems.push('@auth with optional cannot ask for a role or scopes: callers would get around them by signing out');
  }
  if (has('onDenied') && onDenied !== 'ERROR') {
    problems.push('@auth supports onDenied: ERROR only');
  }
  return problems;
};

const isScopeSets = (value: unknown): value is readonly (readonly string[])[] =>
  isFilledArray(value) && value.every((set) => isFilledArray(set) && set.every((scope) => isFilledString(scope)));

const isFilledArray = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;

const isFilledString = (value: unknown): boolean => typeof value === 'string' && value !== '';
