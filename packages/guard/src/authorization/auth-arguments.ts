import { isScopePattern } from '../domain/scope.ts';
import type { RawArguments } from './extension-directives.ts';
import { policyProblems } from './policy-use.ts';

/** One `@auth` as it was written. */
export type AuthUse = {
  readonly role: string | null;
  readonly scopes: readonly (readonly string[])[] | null;
  readonly policy: string | null;
  readonly optional: boolean;
  /** Seconds. */
  readonly maxAge: number | null;
  /** By any one of these. */
  readonly amr: readonly string[] | null;
  /** `onDenied: FILTER`: who does not meet this gets what they would get if it were not there. */
  readonly hides: boolean;
};

const argumentNames = ['role', 'scopes', 'policy', 'optional', 'maxAge', 'amr', 'onDenied'];

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
  const { role, scopes, policy, optional, maxAge, amr, onDenied } = args;
  const use = {
    role: typeof role === 'string' ? role : null,
    scopes: isScopeSets(scopes) ? scopes : null,
    policy: typeof policy === 'string' ? policy : null,
    optional: optional === true,
    maxAge: isSeconds(maxAge) ? maxAge : null,
    amr: isNames(amr) ? amr : null,
    hides: onDenied === 'FILTER',
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
  if (has('onDenied') && onDenied !== 'ERROR' && onDenied !== 'FILTER') {
    problems.push('@auth needs onDenied to be ERROR or FILTER');
  }
  return [...problems, ...stepUpProblems(args)];
};

const stepUpProblems = (args: RawArguments): readonly string[] => {
  const { optional, maxAge, amr } = args;
  const has = (name: string): boolean => Object.hasOwn(args, name);
  const problems: string[] = [];
  if (has('maxAge') && !isSeconds(maxAge)) {
    problems.push('@auth needs maxAge to be a number of seconds, at least 1');
  }
  if (has('amr') && !isNames(amr)) {
    problems.push('@auth needs amr to be a list of names, such as ["otp", "hwk"]');
  }
  if (optional === true && (has('maxAge') || has('amr'))) {
    problems.push('@auth with optional cannot ask for maxAge or amr: callers would get around them by signing out');
  }
  return problems;
};

/** GraphQL's Int ends at 2^31 - 1. */
const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 31;

const isNames = (value: unknown): value is readonly string[] => isFilledArray(value) && value.every(isFilledString);

const isScopeSets = (value: unknown): value is readonly (readonly string[])[] =>
  isFilledArray(value) && value.every((set) => isFilledArray(set) && set.every((scope) => isFilledString(scope)));

const isFilledArray = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;

const isFilledString = (value: unknown): boolean => typeof value === 'string' && value !== '';
