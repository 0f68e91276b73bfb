import type { ConstDirectiveNode, GraphQLSchema, Location } from 'graphql';
import { type Directed, directiveNodes } from './directives.ts';
import { readExtensionDirectives } from './extension-directives.ts';

/**
 * Returns what on one element reads like a rule and would be ignored: a directive that the schema does not define and whose name
 * is near one of ours, a shape in `extensions` that is not understood, and several `@auth` that were merged into one.
 */
export const lookalikeProblems = (schema: GraphQLSchema, element: Directed): readonly string[] => {
  const nodes = directiveNodes(element);
  const extension = readExtensionDirectives(element.extensions);
  const names = new Set([...nodes.map(({ name }) => name.value), ...extension.names]);
  return [
    ...[...names].filter((name) => isLookalike(schema, name)).map(explain),
    ...extension.problems,
    ...nodes.filter((node) => node.name.value === 'auth' && isMerged(node)).map(() => merged),
  ];
};

const explain = (name: string): string =>
  `@${name} is not @auth or @public, and no directive of this schema: nothing would enforce it. Write @auth, or define @${name} if another tool enforces it`;

const merged =
  '@auth was merged from several, whose other arguments are lost. Give the definitions of authTypeDefs to the same mergeTypeDefs, which then keeps each @auth';

/**
 * A defined directive is enforced by somebody else, unless only its case or its separators tell it from ours: nobody means both.
 * SDL that is not validated, and extensions, may use what is not defined.
 */
const isLookalike = (schema: GraphQLSchema, name: string): boolean => {
  if (name === 'auth' || name === 'public') return false;
  const letters = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (letters === 'auth' || letters === 'public') return true;
  return !schema.getDirective(name) && (isNear(letters, 'auth') || isNear(letters, 'public') || namesRule(name));
};

/** `@authorized`, `@requireAuth`, `@isAuthenticated`, but not `@author`; `@hasRole`, `@requiresScopes`, `@policy`. */
const namesRule = (name: string): boolean =>
  /auth(?!or(?!i[sz]))/i.test(name) ||
  name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).some((word) => /^(?:role|scope|policy|policie)s?$/i.test(word));

/** Whether one letter that is missing, added, replaced, or swapped with its neighbour, is the difference. */
const isNear = (name: string, ours: string): boolean => {
  if (Math.abs(name.length - ours.length) > 1) return false;
  const first = [...ours].findIndex((letter, index) => name[index] !== letter);
  const at = first < 0 ? ours.length : first;
  const rest = name.slice(at);
  const expected = ours.slice(at);
  const swapped = expected.slice(1, 2) + expected.slice(0, 1) + expected.slice(2);
  return [
    rest.slice(1) === expected.slice(1),
    rest.slice(1) === expected,
    rest === expected.slice(1),
    rest === swapped,
  ].some(Boolean);
};

/** graphql-tools folds what it does not know to be repeatable into the first one. Its parts then come from different places. */
const isMerged = (node: ConstDirectiveNode): boolean =>
  (node.arguments ?? []).some(
    (argument) =>
      !isWithin(node.loc, argument.loc) ||
      !isWithin(argument.loc, argument.value.loc) ||
      ('values' in argument.value && argument.value.values.some(({ loc }) => !isWithin(argument.loc, loc))),
  );

const isWithin = (outer: Location | undefined, inner: Location | undefined): boolean =>
  outer === undefined ||
  inner === undefined ||
  (inner.source === outer.source && inner.start >= outer.start && inner.end <= outer.end);
