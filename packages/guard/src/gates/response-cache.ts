import type { GraphQLSchema } from 'graphql';
import { requireGuard } from '../authorization/guard-registry.ts';
import { parseAuthentication } from '../credentials/answers.ts';
import type { Viewer } from '../domain/viewer.ts';
import { viewerOf } from '../domain/viewer-binding.ts';
import type { GateOptions } from './options.ts';
import { requestOf, sourceOfContext } from './sources.ts';

/**
 * Returns every field whose value depends on who asks, for `scopePerSchemaCoordinate` of response caches: answers with one of them are
 * kept only for the session they belong to. Throws `SchemaRulesError` for a schema that `guardSchema` did not make.
 *
 * @example
 * const scopePerSchemaCoordinate = responseCacheScopes(schema);
 */
export const responseCacheScopes = (schema: GraphQLSchema): Record<string, 'PRIVATE'> => {
  const { rules, guarded } = requireGuard(schema);
  const scopes: Record<string, 'PRIVATE'> = {};
  for (const coordinate of [...rules.keys(), ...guarded.keys()]) scopes[coordinate] = 'PRIVATE';
  return scopes;
};

/** Callers with the same key may read the same. Everything that a rule can ask of a viewer is in it. */
const keyOf = (viewer: Viewer): string | null => {
  if (viewer.kind === 'anonymous') return null;
  const { expiresAt: _expiresAt, ...rights } = viewer;
  if (rights.kind === 'account') return JSON.stringify({ ...rights, account: undefined });
  return JSON.stringify(rights);
};

/**
 * Returns a key for caches, the same for operations of the same viewer; null for anonymous callers. For caches that are asked while
 * an operation runs or after it was decided: `sessionId` of Apollo Server's response cache, `extendKey` of Mercurius' cache.
 *
 * @example
 * const sessionId = async ({ contextValue }: { contextValue: object }) => cacheKeyOf(contextValue);
 */
export const cacheKeyOf = (context: unknown): string | null => keyOf(viewerOf(context));

/**
 * Returns the `session` of a response cache that is asked before an operation is decided, as Yoga's is: it verifies the credential
 * itself, so that an answer of one caller is never given to another, nor to the holder of a credential that is dead by now.
 * Callers whose credential is not accepted get a key of their own: nothing is kept for them, and the gate refuses them.
 *
 * @example
 * const session = responseCacheSession({ authenticate });
 */
export const responseCacheSession =
  ({ authenticate, sourceOf = sourceOfContext }: Pick<GateOptions, 'authenticate' | 'sourceOf'>) =>
  async (request: unknown): Promise<string | null> => {
    // Yoga hands the request itself over, others the context that keeps it.
    const context = requestOf(request) === null ? { request } : request;
    try {
      const authentication = parseAuthentication(await authenticate(sourceOf(context)));
      if (authentication.kind === 'absent') return null;
      if (authentication.kind === 'accepted') return keyOf(authentication.viewer);
    } catch {
      // The gate asks again, refuses and reports.
    }
    return crypto.randomUUID();
  };
