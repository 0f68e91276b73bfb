import type * as Fieldgate from '@fieldgate/guard';
import type { YogaServerInstance } from 'graphql-yoga';
import { resolvers, secretKey, typeDefs } from './data.ts';
import { importFromOurs } from './from-ours.ts';

type Claims = { readonly sub: string; readonly sid: string; readonly role: string; readonly exp: number };

const fieldgate: typeof Fieldgate = await importFromOurs('fieldgate');
const { createYoga } = await importFromOurs('graphql-yoga');
const { makeExecutableSchema } = await importFromOurs('@graphql-tools/schema');
const { default: jwt } = await importFromOurs('jsonwebtoken');

const { authTypeDefs, bearer, createAuthenticate, guardSchema, sessionId, useFieldgate, userId } = fieldgate;

const verify: Fieldgate.BearerOptions['verify'] = (token) => {
  const { sub, sid, role, exp }: Claims = jwt.verify(token, secretKey, { algorithms: ['HS256'] });
  return {
    kind: 'valid',
    claims: { userId: userId(sub), sessionId: sessionId(sid), role, scopes: [], expiresAt: exp as never },
  };
};
const standing: Fieldgate.BearerOptions['checkSession'] = () => ({ kind: 'live', role: 'USER' });

const schema = makeExecutableSchema({ typeDefs: [authTypeDefs, typeDefs('@auth', '@public')], resolvers });

/** `on`: guardSchema and useFieldgate. `schema`: the guarded schema, the plugin off. `off`: the same server without both. */
export type Guard = 'on' | 'schema' | 'off';

/** Our guard in somebody else's Yoga server, through what the package exports. */
export const createOwnYoga = (guard: Guard): YogaServerInstance<object, object> =>
  createYoga({
    schema: guard === 'off' ? schema : guardSchema(schema),
    logging: 'warn',
    maxRequestBodySize: false,
    plugins:
      guard === 'on'
        ? [useFieldgate({ authenticate: createAuthenticate([bearer({ verify, checkSession: standing })]) })]
        : [],
  });
