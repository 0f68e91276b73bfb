/** Apollo Server on Express with graphql-shield. Checks no revocation. */
import { createRequire } from 'node:module';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { makeExecutableSchema } from '@graphql-tools/schema';
import express from 'express';
import type * as Middleware from 'graphql-middleware';
import type * as Shield from 'graphql-shield';
import jwt from 'jsonwebtoken';
import { resolvers, secretKey, typeDefs } from '../data.ts';
import { host, port } from './listen.ts';

// Its ESM build imports a function that Node has removed from util (7.6.5); the CommonJS build calls it only in code that is not used here.
const require = createRequire(import.meta.url);
const { rule, shield }: typeof Shield = require('graphql-shield');
const { applyMiddleware }: typeof Middleware = require('graphql-middleware');

type Context = { readonly user: string | jwt.JwtPayload | null };

const isSignedIn = rule({ cache: 'contextual' })((_parent, _args, context: Context) => context.user !== null);
const rules = { Query: { me: isSignedIn, users: isSignedIn }, User: { email: isSignedIn, role: isSignedIn } };
const schema = applyMiddleware(makeExecutableSchema({ typeDefs: typeDefs(), resolvers }), shield(rules));

const server = new ApolloServer<Context>({ schema, csrfPrevention: false, stopOnTerminationSignals: false });
await server.start();

const userOf = (authorization = ''): Context['user'] =>
  authorization.startsWith('Bearer ') ? jwt.verify(authorization.slice(7), secretKey, { algorithms: ['HS256'] }) : null;

const app = express().disable('x-powered-by').disable('etag');
const middleware = expressMiddleware(server, {
  context: async ({ req }) => ({ user: userOf(req.headers.authorization) }),
});
app.use('/graphql', express.json(), middleware);
app.listen(port, host);
