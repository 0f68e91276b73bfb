import { hasScope, interactiveScope, type KnownScopes } from '@fieldgate/guard/core';

/** `SCOPE_UNKNOWN`: no rule asks for it (a typo, most likely). `SCOPE_BEYOND_ROLE`: the owner's role never gets there. */
export type ScopeRejection = 'SCOPE_UNKNOWN' | 'SCOPE_BEYOND_ROLE';

/**
 * Null if a credential of an owner with this role may be granted all of these, else what is wrong with the first that it may
 * not. A pattern is known if it covers a scope that is, and within the role if one of those is: what it covers beyond, no
 * rule gives.
 */
export const rejectGrant = (grants: readonly string[], known: KnownScopes, role: string): ScopeRejection | null => {
  for (const grant of grants) {
    const covered = [...known].filter(([scope]) => scope !== interactiveScope && hasScope([grant], scope));
    if (covered.length === 0) return 'SCOPE_UNKNOWN';
    if (!covered.some(([, roles]) => roles.includes(role))) return 'SCOPE_BEYOND_ROLE';
  }
  return null;
};

/** What an owner with this role can grant, patterns aside, in order. */
export const grantable = (known: KnownScopes, role: string): readonly string[] =>
  [...known.keys()].filter((scope) => rejectGrant([scope], known, role) === null).sort();
