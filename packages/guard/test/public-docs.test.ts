import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as guard from '@fieldgate/guard';
import * as apollo from '@fieldgate/guard/apollo';
import * as graphqlHttp from '@fieldgate/guard/graphql-http';
import * as graphqlWs from '@fieldgate/guard/graphql-ws';
import * as jwksEntry from '@fieldgate/guard/jwks';
import * as mercurius from '@fieldgate/guard/mercurius';
import * as yoga from '@fieldgate/guard/yoga';
import { expect, it, onTestFinished } from 'vitest';

const root = new URL('../../..', import.meta.url).pathname;
const source = new URL('../src/', import.meta.url).pathname;

const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(source, file), 'utf8'));

/** The code of `@example` in the docstring of each exported value, by name. */
const examples = new Map(
  texts.flatMap((text) =>
    [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:const|class) (\w+)/g)].flatMap(
      ([, comment = '', name = '']) => {
        const [, example] = comment.replaceAll(/^ \* ?/gm, '').split('@example\n');
        return example === undefined ? [] : [[name, example] as const];
      },
    ),
  ),
);

/** Identity functions that brand a string, and an error that is caught, not made. */
const selfEvident = ['userId', 'sessionId', 'apiKeyId', 'clientId', 'SchemaRulesError'];

const published = Object.entries({
  ...guard,
  ...yoga,
  ...graphqlHttp,
  ...graphqlWs,
  ...apollo,
  ...mercurius,
  ...jwksEntry,
})
  .filter(([name, value]) => typeof value === 'function' && !selfEvident.includes(name))
  .map(([name]) => name);

/** What the examples use without saying where it comes from. */
const prelude = `
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type DocumentNode, execute, GraphQLObjectType, GraphQLSchema, GraphQLString, specifiedDirectives } from 'graphql';
import { createYoga } from 'graphql-yoga';
import * as guard from '@fieldgate/guard';
import { ${Object.keys(guard)
  .filter((name) => name !== 'execute' && name !== 'subscribe')
  .join(', ')} } from '@fieldgate/guard';
import type { ApiKeyVerification, Authenticator, BasicAccount, BearerVerification, CredentialSource, Decision, SessionId, SessionStatus, UserId, Viewer } from '@fieldgate/guard';
import { jwks } from '@fieldgate/guard/jwks';
import { fieldgateForApollo } from '@fieldgate/guard/apollo';
import { fieldgateForMercurius } from '@fieldgate/guard/mercurius';
import { fieldgateForGraphqlHttp } from '@fieldgate/guard/graphql-http';
import { fieldgateForGraphqlWs } from '@fieldgate/guard/graphql-ws';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { createHandler } from 'graphql-http/lib/use/fetch';
import { useServer } from 'graphql-ws/use/ws';
type Order = { readonly ownerId: string };
declare const schema: GraphQLSchema, document: DocumentNode, source: CredentialSource, authenticate: Authenticator;
declare const ApolloServer: new (options: { schema: GraphQLSchema; plugins: object[] }) => object;
declare const app: { register(plugin: unknown, options?: object): Promise<void> }, mercurius: unknown;
declare const webSockets: import('ws').WebSocketServer;
declare const typeDefs: string, resolvers: {}, request: Request, decision: Decision, viewer: Viewer & { readonly role: string };
declare const orders: { byOwner(id: string): Order[] };
declare const accounts: { verify(email: string, password: string): Promise<BasicAccount | null> };
declare const apiKeys: { verify(key: string): Promise<ApiKeyVerification> };
declare const verifyToken: (token: string) => BearerVerification, verifyKey: (key: string) => ApiKeyVerification;
declare const checkSession: (userId: UserId, sessionId: SessionId) => SessionStatus;
`;

it.each(published)('the docstring of %s has an example', (name) => {
  expect(examples.get(name)).toBeDefined();
});

it('every example compiles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const functions = [...examples].map(([name, code]) => `export async function example_${name}() {\n${code}\n}`);
  writeFileSync(join(folder, 'examples.ts'), prelude + functions.join('\n'));
  const compilerOptions = { noUnusedLocals: false, noImplicitReturns: false };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['examples.ts'] }),
  );
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  expect(String(tsc.stdout)).toBe('');
});
