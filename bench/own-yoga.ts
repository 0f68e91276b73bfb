import type { YogaServerInstance } from 'graphql-yoga';
import { resolvers, typeDefs } from './data.ts';
import { importFrom, importGuard, ours } from './from-ours.ts';
import { createOwnAuthenticate } from './own-authenticate.ts';

/** `on`: guardSchema and useFieldgate. `schema`: guardSchema alone. `off`: the same server with neither. */
export type GuardUse = 'on' | 'schema' | 'off';

export type OwnYoga = YogaServerInstance<object, object>;

/** Loads the guard of a checkout, and gives it to an embedder's Yoga server through what the package exports. */
export const loadOwnYoga = async (root = ours): Promise<(use: GuardUse) => OwnYoga> => {
  const guard = await importGuard(root);
  const { createYoga } = await importFrom(root, 'graphql-yoga');
  const { makeExecutableSchema } = await importFrom(root, '@graphql-tools/schema');
  const { authTypeDefs, guardSchema, useFieldgate } = guard;
  // Before the option `roles` it was the SDL itself.
  const definitions: string = typeof authTypeDefs === 'function' ? authTypeDefs(null) : authTypeDefs;
  const authenticate = createOwnAuthenticate(guard);
  const schema = makeExecutableSchema({ typeDefs: [definitions, typeDefs('@auth', '@public')], resolvers });
  return (use) =>
    createYoga({
      schema: use === 'off' ? schema : guardSchema(schema),
      logging: 'warn',
      maxRequestBodySize: false,
      plugins: use === 'on' ? [useFieldgate({ authenticate })] : [],
    });
};
