/**
 * Our guard in front of compiled queries, as our own server has it: `admit` decides, graphql-jit runs what it lets through with
 * the guarded resolvers. No framework: node:http, one JSON body, one answer.
 */
import type { Operation, Viewer } from '@fieldgate/guard';
import type { ExecutionResult } from 'graphql';
import { resolvers, typeDefs } from '../data.ts';
import { importFromOurs, importGuard } from '../from-ours.ts';
import { createOwnAuthenticate } from '../own-authenticate.ts';
import { listen } from './listen.ts';

type Compiled = { readonly query: (root: unknown, context: object, variables: object) => ExecutionResult };

const guard = await importGuard();
const { parse, validate } = await importFromOurs('graphql');
const { compileQuery } = await importFromOurs('graphql-jit');
const { makeExecutableSchema } = await importFromOurs('@graphql-tools/schema');

const { admit, authTypeDefs, errorExtensions, guardSchema } = guard;
// Before the option `roles` it was the SDL itself.
const definitions: string = typeof authTypeDefs === 'function' ? authTypeDefs(null) : authTypeDefs;
const authenticate = createOwnAuthenticate(guard);
const schema = guardSchema(makeExecutableSchema({ typeDefs: [definitions, typeDefs('@auth', '@public')], resolvers }));
/** Before `runAs` a copy of the context carried the viewer. */
const { withViewer } = guard as { readonly withViewer?: (context: object, viewer: Viewer) => object };
const runAs: typeof guard.runAs = withViewer
  ? (context, viewer, _options, run) => run(withViewer(Object(context), viewer) as typeof context & object)
  : guard.runAs;

type Prepared = { readonly document: Operation['document']; readonly compiled: Compiled } | null;
const known = new Map<string, Prepared>();

const prepare = (query: string): Prepared => {
  const document: Operation['document'] = parse(query);
  return validate(schema, document).length > 0 ? null : { document, compiled: compileQuery(schema, document) };
};

const answer = async (query: string, authorization: string | null): Promise<object> => {
  const prepared = known.get(query) ?? prepare(query);
  known.set(query, prepared);
  if (prepared === null) return { errors: [{ message: 'invalid' }] };
  const source = { header: (name: string) => (name === 'authorization' ? authorization : null) };
  const context = {};
  const decision = await admit({ schema, document: prepared.document, contextValue: context, source, authenticate });
  return decision.kind === 'run'
    ? runAs(context, decision.viewer, {}, (value) => prepared.compiled.query(undefined, value, {}))
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
