import type { AuthUse } from './auth-arguments.ts';
import type { Rule } from './rule.ts';
import type { RuleParts } from './type-rules.ts';

/** What is said of a whole schema. `roles`: from least to greatest. */
export type RuleSettings = { readonly roles: readonly string[]; readonly exposeRequired: boolean };

/** Returns the rule in which all of these uses must hold. */
export const combine = (
  coordinate: string,
  uses: readonly AuthUse[],
  { roles, exposeRequired }: RuleSettings,
): Rule => {
  const rank = Math.max(...uses.map((use) => (use.role === null ? -1 : roles.indexOf(use.role))));
  const ages = uses.flatMap((use) => use.maxAge ?? []);
  return {
    coordinate,
    optional: uses.every((use) => use.optional),
    role: roles[rank] ?? null,
    rolesAllowed: rank < 0 ? null : roles.slice(rank),
    scopes: uses.flatMap((use) => (use.scopes === null ? [] : [use.scopes])),
    policies: [...new Set(uses.flatMap((use) => use.policy ?? []))],
    maxAge: ages.length === 0 ? null : Math.min(...ages),
    amr: uses.flatMap((use) => (use.amr === null ? [] : [use.amr])),
    exposed: exposeRequired,
  };
};

/** Returns what denies and what hides. */
export const partsOf = (coordinate: string, uses: readonly AuthUse[], settings: RuleSettings): RuleParts => {
  const combineSome = (some: readonly AuthUse[]): Rule | null =>
    some.length === 0 ? null : combine(coordinate, some, settings);
  return {
    error: combineSome(uses.filter(({ hides }) => !hides)),
    filter: combineSome(uses.filter(({ hides }) => hides)),
  };
};
