/** Yoga with the plugins its own documentation names. They check no revocation. */
import { DIRECTIVE_SDL, useGenericAuth } from '@envelop/generic-auth';
import { createInlineSigningKeyProvider, extractFromHeader, useJWT } from '@graphql-yoga/plugin-jwt';
import { createSchema, createYoga } from 'graphql-yoga';
import { resolvers, secret, typeDefs } from '../data.ts';
import { listen } from './listen.ts';

type JwtContext = { readonly jwt?: { readonly payload: { readonly sub?: string } } };

listen(
  createYoga({
    schema: createSchema({ typeDefs: [DIRECTIVE_SDL, typeDefs('@authenticated')], resolvers }),
    logging: 'warn',
    maxRequestBodySize: false,
    plugins: [
      useJWT({
        signingKeyProviders: [createInlineSigningKeyProvider(secret)],
        tokenLookupLocations: [extractFromHeader({ name: 'authorization', prefix: 'Bearer' })],
        tokenVerification: { algorithms: ['HS256'] },
        reject: { missingToken: false, invalidToken: true },
      }),
      useGenericAuth<{ id: string }, JwtContext>({
        mode: 'protect-granular',
        resolveUserFn: ({ jwt }) => (jwt?.payload.sub ? { id: jwt.payload.sub } : null),
      }),
    ],
  }),
);
