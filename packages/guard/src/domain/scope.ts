/**
 * Scopes: what a credential may do of what its owner's role allows. Never more: where a rule asks for a role and a scope,
 * both must hold, and the role is the owner's at that moment.
 *
 * A scope names a right in segments, `resource:action`: `users:read`. A grant is a scope or a pattern of one: `*` stands for
 * any one segment (`users:*`, `*:read`), alone it stands for every scope.
 *
 * One scope is covered by no pattern and granted by nobody: `interactive`, which is a person who signed in and holds a
 * session. Rules ask for it where a credential that was made to be left in a script must not do: new keys, passwords,
 * sessions, other people's accounts.
 */

/** Held by sessions of people alone. */
export const interactiveScope = 'interactive';

/** What a person's own session is granted: it is not narrowed, the role decides. */
export const sessionScopes: readonly string[] = Object.freeze(['*', interactiveScope]);

/** A credential that stands for its owner without being a session of theirs. */
export const unnarrowedScopes: readonly string[] = Object.freeze(['*']);

/** Whether what was granted covers the scope. */
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

/** Whether the text holds a wildcard: fit to be granted, not to be asked for. */
export const isScopePattern = (text: string): boolean => text.split(':').includes('*');

/** The scopes that the rules of a schema ask for, each with the roles that can meet one of the rules asking for it. */
export type KnownScopes = ReadonlyMap<string, readonly string[]>;
