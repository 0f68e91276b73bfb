/**
 * What most tutorials build: jsonwebtoken on every request, a blacklist in Redis, and an @auth directive that wraps each
 * resolver in an async function.
 */
import { makeExecutableSchema } from '@graphql-tools/schema';
import { getDirective, MapperKind, mapSchema } from '@graphql-tools/utils';
import { defaultFieldResolver, GraphQLError, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { resolvers, secretKey, typeDefs } from '../data.ts';
import { listen } from './listen.ts';

const redis = new Redis(process.env['REDIS_URL'] ?? '');

const withAuth = (schema: GraphQLSchema): GraphQLSchema =>
  mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field) => {
      if (!getDirective(schema, field, 'auth')) return field;
      const { resolve = defaultFieldResolver } = field;
      return {
        ...field,
        resolve: async (parent, args, context, info) => {
          if (!context.user) throw new GraphQLError('Not signed in', { extensions: { code: 'UNAUTHENTICATED' } });
          return await resolve(parent, args, context, info);
        },
      };
    },
  });

const userOf = async (authorization: string | null): Promise<jwt.JwtPayload | null> => {
  if (!authorization?.startsWith('Bearer ')) return null;
  const claims = jwt.verify(authorization.slice(7), secretKey, { algorithms: ['HS256'] });
  if (typeof claims === 'string' || (await redis.get(`blacklist:${claims.jti}`)) !== null) return null;
  return claims;
};

listen(
  createYoga({
    schema: withAuth(
      makeExecutableSchema({
        typeDefs: ['directive @auth on FIELD_DEFINITION', typeDefs('@auth')],
        resolvers,
      }),
    ),
    logging: 'warn',
    maxRequestBodySize: false,
    context: async ({ request }) => ({ user: await userOf(request.headers.get('authorization')) }),
  }),
);
