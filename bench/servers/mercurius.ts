/** Fastify with Mercurius, its compiler (jit) and mercurius-auth, @fastify/jwt, and a blacklist in Redis. */
import jwt from '@fastify/jwt';
import fastify, { LogController } from 'fastify';
import { Redis } from 'ioredis';
import mercurius from 'mercurius';
import mercuriusAuth, { type MercuriusAuthOptions } from 'mercurius-auth';
import { resolvers, secret, typeDefs } from '../data.ts';
import { host, port } from './listen.ts';

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const app = fastify({
  logger: { level: 'warn' },
  logController: new LogController({ disableRequestLogging: true }),
});
await app.register(jwt.default, { secret, verify: { algorithms: ['HS256'], cache: true } });
await app.register(mercurius.default, {
  schema: `directive @auth on FIELD_DEFINITION ${typeDefs('@auth')}`,
  resolvers,
  jit: 1,
});
const auth: MercuriusAuthOptions = {
  authContext: async ({ reply }) => {
    const claims = await reply.request.jwtVerify<{ readonly jti: string }>();
    return { user: (await redis.get(`blacklist:${claims.jti}`)) === null ? claims : null };
  },
  applyPolicy: async (_directive, _parent, _args, context) => context.auth?.['user'] != null,
  authDirective: 'auth',
};
await app.register(mercuriusAuth.default, auth);
await app.listen({ port, host });
