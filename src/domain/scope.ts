import { hasScope, interactiveScope, type KnownScopes } from '@fieldgate/guard/core';

/** `SCOPE_UNKNOWN`: no rule requires it, so it is probably a typo. `SCOPE_BEYOND_ROLE`: the owner's role cannot use it. */
export type ScopeRejection = 'SCOPE_UNKNOWN' | 'SCOPE_BEYOND_ROLE';

/**
 * Returns null if a credential of an owner with this role can be granted all of these, else what is wrong with the first that
 * cannot. A pattern is known if it covers a known scope, and within the role if it covers one that is: for whatever else it
 * covers, the rules still check the role.
 */
export const rejectGrant = (grants: readonly string[], known: KnownScopes, role: string): ScopeRejection | null => {
  for (const grant of grants) {
    const covered = [...known].filter(([scope]) => scope !== interactiveScope && hasScope([grant], scope));
    if (covered.length === 0) return 'SCOPE_UNKNOWN';
    if (!covered.some(([, roles]) => roles.includes(role))) return 'SCOPE_BEYOND_ROLE';
  }
  return null;
};

/** Returns the scopes an owner with this role can grant, without patterns, sorted. */
export const grantable = (known: KnownScopes, role: string): readonly string[] =>
  [...known.keys()].filter((scope) => rejectGrant([scope], known, role) === null).sort();
