/**
 * Our guard in front of compiled queries, as our own server has it: the gate (`admit`) decides, graphql-jit runs what it lets
 * through with the guarded resolvers. No framework: node:http, one JSON body, one answer.
 */

import type * as Fieldgate from '@fieldgate/guard';
import type { ExecutionResult } from 'graphql';
import { resolvers, secretKey, typeDefs } from '../data.ts';
import { importFromOurs } from '../from-ours.ts';
import { listen } from './listen.ts';

type Claims = { readonly sub: string; readonly sid: string; readonly role: string; readonly exp: number };
type Compiled = { readonly query: (root: unknown, context: object, variables: object) => ExecutionResult };

const fieldgate: typeof Fieldgate = await importFromOurs('fieldgate');
const { parse, validate } = await importFromOurs('graphql');
const { compileQuery } = await importFromOurs('graphql-jit');
const { makeExecutableSchema } = await importFromOurs('@graphql-tools/schema');
const { default: jwt } = await importFromOurs('jsonwebtoken');

const { admit, authTypeDefs, bearer, createAuthenticate, errorExtensions, guardSchema, sessionId, userId, withViewer } =
  fieldgate;

const verify: Fieldgate.BearerOptions['verify'] = (token) => {
  const { sub, sid, role, exp }: Claims = jwt.verify(token, secretKey, { algorithms: ['HS256'] });
  return {
    kind: 'valid',
    claims: { userId: userId(sub), sessionId: sessionId(sid), role, scopes: [], expiresAt: exp as never },
  };
};
const standing: Fieldgate.BearerOptions['checkSession'] = () => ({ kind: 'live', role: 'USER' });
const authenticate = createAuthenticate([bearer({ verify, checkSession: standing })]);

const schema = guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs, typeDefs('@auth', '@public')], resolvers }));

type Prepared = { readonly document: Fieldgate.Operation['document']; readonly compiled: Compiled } | null;
const known = new Map<string, Prepared>();

const prepare = (query: string): Prepared => {
  const document: Fieldgate.Operation['document'] = parse(query);
  return validate(schema, document).length > 0 ? null : { document, compiled: compileQuery(schema, document) };
};

const answer = async (query: string, authorization: string | null): Promise<object> => {
  const prepared = known.get(query) ?? prepare(query);
  known.set(query, prepared);
  if (prepared === null) return { errors: [{ message: 'invalid' }] };
  const source = { header: (name: string) => (name === 'authorization' ? authorization : null) };
  const decision = await admit({ schema, document: prepared.document, source, authenticate });
  return decision.kind === 'run'
    ? prepared.compiled.query(undefined, withViewer({}, decision.viewer), {})
    : { errors: [{ message: decision.error.message, extensions: errorExtensions(decision.error) }] };
};

listen((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', async () => {
    const { query } = JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify(await answer(query, request.headers.authorization ?? null));
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  });
});
