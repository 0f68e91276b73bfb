import type { GraphQLSchema } from 'graphql';
import type { KnownScopes } from '../domain/scope.ts';
import { requireGuard } from './guard-registry.ts';

/**
 * Returns the scopes that the rules of a schema ask for, each with the roles that meet at least one of the rules asking for
 * it. To check which scopes can be granted to whom. Throws `SchemaRulesError` if the schema was not made by `guardSchema`.
 *
 * @example
 * const grantable = [...scopesOf(schema)].filter(([, roles]) => roles.includes(viewer.role)).map(([scope]) => scope);
 */
export const scopesOf = (schema: GraphQLSchema): KnownScopes => {
  const { roles, rules } = requireGuard(schema);
  const known = new Map<string, ReadonlySet<string>>();
  for (const rule of rules.values()) {
    for (const scope of rule.scopes.flat(2)) {
      known.set(scope, new Set([...(known.get(scope) ?? []), ...(rule.rolesAllowed ?? roles)]));
    }
  }
  return new Map([...known].map(([scope, allowed]) => [scope, roles.filter((role) => allowed.has(role))]));
};
