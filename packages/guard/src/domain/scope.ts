/**
 * Scopes limit what a credential may do of what its owner's role allows. They never add to it: where a rule asks for a role
 * and a scope, both must hold, and the role is the one the owner has at that moment.
 *
 * A scope names a right in segments, `resource:action`: `users:read`. A grant is a scope or a pattern: `*` matches any one
 * segment (`users:*`, `*:read`), and alone it covers every scope.
 *
 * The scope `interactive` is covered by no pattern and cannot be granted: a person who signed in and holds a session has it.
 * Rules ask for it where a credential left in a script must not suffice: new keys, passwords, sessions, other accounts.
 */

/** Held only by sessions of people. */
export const interactiveScope = 'interactive';

/** The scopes of a person's session. It is not narrowed: the role decides. */
export const sessionScopes: readonly string[] = Object.freeze(['*', interactiveScope]);

/** The scopes of a credential that acts for its owner with all their rights, but is not one of their sessions. */
export const unnarrowedScopes: readonly string[] = Object.freeze(['*']);

/**
 * Returns whether the granted scopes and patterns cover the scope.
 *
 * @example
 * const mayReadUsers = hasScope(['users:*'], 'users:read');
 */
export const hasScope = (granted: readonly string[], scope: string): boolean =>
  granted.includes(scope) || (scope !== interactiveScope && granted.some((grant) => covers(grant, scope)));

const covers = (grant: string, scope: string): boolean => {
  if (grant === '*') return true;
  if (!grant.includes('*')) return false;
  const [pattern, segments] = [grant.split(':'), scope.split(':')];
  return (
    pattern.length === segments.length && pattern.every((segment, i) => segment === '*' || segment === segments[i])
  );
};

/** Returns whether the text contains a wildcard segment. Patterns can be granted, but a rule cannot ask for one. */
export const isScopePattern = (text: string): boolean => text.split(':').includes('*');

/** The scopes that the rules of a schema ask for, each with the roles that meet at least one of the rules asking for it. */
export type KnownScopes = ReadonlyMap<string, readonly string[]>;
