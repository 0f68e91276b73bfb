import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { type Refusal, refusalHttp, toGraphQLError } from '../authorization/errors.ts';
import type { CredentialSource } from '../domain/authentication.ts';
import { CodedError, GuardError } from '../domain/errors.ts';
import { type Admitted, createGate, type Gate, refusedResult } from './gate.ts';
import { refusalMediaType, refusalStatus } from './media-type.ts';
import type { GateOptions } from './options.ts';
import { headerOf, requestOf, sourceOfContext } from './sources.ts';

type Context = Readonly<Record<string, unknown>>;

/** The arguments of Mercurius' `app.graphql`. */
type Graphql = (source: unknown, context?: unknown, variables?: unknown, operationName?: unknown) => Promise<unknown>;

type MercuriusFunction = Graphql & {
  readonly schema: GraphQLSchema;
  readonly addHook: (name: string, hook: (...args: never[]) => Promise<unknown>) => void;
};

type Reply = {
  readonly code: (status: number) => unknown;
  readonly header: (name: string, value: string) => unknown;
  readonly hasHeader: (name: string) => boolean;
};

/** One running call of `app.graphql`. Hooks are given neither the operation's name nor the reply it began with. */
type Call = {
  readonly operationName: unknown;
  readonly source: CredentialSource;
  readonly request: object | null;
  refusal: Refusal | null;
  release: () => void;
};

/** A plugin of Fastify 5, to be registered after Mercurius 16, on the same instance. */
export type MercuriusGate = (app: object) => Promise<void>;

/**
 * Returns a Fastify plugin that gates Mercurius 16: register it after Mercurius, which gets the guarded schema, or with resolvers and
 * loaders of its own `schemaTransforms: (schema) => guardSchema(schema)`. It decides each operation before any resolver runs,
 * compiled or not, each entry of a batch by itself, and each subscription before its source opens. Refusals have status, media
 * type and `WWW-Authenticate`. An app with a schema whose rules would not be enforced does not get ready.
 *
 * @example
 * await app.register(mercurius, { schema });
 * await app.register(fieldgateForMercurius({ authenticate }));
 */
export const fieldgateForMercurius = (options: GateOptions): MercuriusGate => {
  const gate = createGate(options);
  const plugin = async (app: object): Promise<void> => {
    const owner = ownerOf(app);
    const graphql = Object(owner)['graphql'] as MercuriusFunction;
    const calls = new WeakMap<object, Call>();
    graphql.addHook('preExecution', createPreExecution(gate, calls));
    graphql.addHook('preSubscriptionExecution', createPreSubscription(gate));
    Object.assign(owner, { graphql: new Proxy(graphql, { apply: createCall(gate, options, calls) }) });
    Object(app)['addHook']('onReady', async () => gate.check(graphql.schema));
  };
  // As fastify-plugin does: without an instance of its own, because Mercurius decorates the one it was registered on.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'fieldgate',
  });
};

/** The instance that Mercurius decorated: this one, or one that it was made from. */
const ownerOf = (app: object): object => {
  let owner: object | null = app;
  while (owner !== null && !Object.hasOwn(owner, 'graphql')) owner = Object.getPrototypeOf(owner);
  if (owner === null) throw new TypeError('Register mercurius before fieldgateForMercurius.');
  return owner;
};

/** Where the call's context and reply are still its own: a context that callers share gets the reply of the latest one. */
const createCall =
  (gate: Gate, options: GateOptions, calls: WeakMap<object, Call>) =>
  async (
    graphql: MercuriusFunction,
    app: unknown,
    [source, given, variables, operationName]: Parameters<Graphql>,
  ): Promise<unknown> => {
    const context = typeof given === 'object' && given !== null ? given : {};
    const answer = answerTo(context, options);
    if (calls.has(context)) {
      gate.fault({ message: 'an operation was not run, because its context is in use by a running one' }, context);
      return answer({ error: new GuardError('INTERNAL_SERVER_ERROR'), presented: false });
    }
    const call = createCallRecord(context, operationName, options);
    calls.set(context, call);
    keepFromCaches(context);
    try {
      return await Reflect.apply(graphql, app, [source, context, variables, operationName]);
    } catch (error) {
      if (call.refusal !== null) return answer(call.refusal);
      throw error;
    } finally {
      calls.delete(context);
      call.release();
    }
  };

const createCallRecord = (
  context: object,
  operationName: unknown,
  { sourceOf = sourceOfContext }: GateOptions,
): Call => {
  const request = requestOf(context);
  return {
    operationName,
    source: sourceOf(context),
    request: typeof request === 'object' && Object(context)['reply'] !== undefined ? request : null,
    refusal: null,
    release: () => undefined,
  };
};

/** Sets status and headers of the reply, unless it is that of a batch, whose status none of its entries decides. */
const answerTo = (context: object, { resourceMetadata }: GateOptions) => {
  const { reply, operationsCount } = context as { reply?: Reply; operationsCount?: number };
  const accept = headerOf(Object(requestOf(context))['headers'], 'accept');
  return (refusal: Refusal): ExecutionResult => {
    if (reply !== undefined && operationsCount === undefined) {
      const mediaType = refusalMediaType(accept);
      const { status, headers } = refusalHttp(refusal, resourceMetadata ?? null);
      reply.code(refusalStatus(status, mediaType));
      for (const [name, value] of Object.entries(headers)) reply.header(name, value);
      reply.header('content-type', `${mediaType}; charset=utf-8`);
    }
    return refusedResult(refusal);
  };
};

/** Of answers that depend on who asks, and of errors. A header that was set already stays. */
const keepFromCaches = (context: object): void => {
  const { reply } = context as { reply?: Reply };
  if (reply?.hasHeader('cache-control') === false) reply.header('cache-control', 'no-store');
};

class Refused extends Error {}

const createPreExecution =
  (gate: Gate, calls: WeakMap<object, Call>) =>
  async (schema: GraphQLSchema, document: DocumentNode, context: Context, variableValues: unknown) => {
    const call = calls.get(context);
    if (call === undefined) throw new Error('fieldgateForMercurius is registered on another instance than mercurius.');
    const operationName = call.operationName as string | null | undefined;
    const operation = { schema, document, operationName, variableValues, contextValue: context };
    const decision = await gate.decide(operation, { source: call.source, request: call.request });
    if (decision.kind === 'refuse') {
      call.refusal = decision;
      throw new Refused(decision.error.message);
    }
    call.release = holdOrRefuse(gate, decision, context, call);
    // A document that a hook returns is not compiled: compiled ones run their first operation whatever is asked for.
    return isTheOnlyOperation(document, operationName) ? undefined : { document };
  };

const holdOrRefuse = (gate: Gate, admitted: Admitted, context: Context, call: Call): (() => void) => {
  try {
    return gate.hold(admitted, context);
  } catch (error) {
    if (error instanceof CodedError) call.refusal = { error, presented: admitted.viewer.kind !== 'anonymous' };
    throw error;
  }
};

const operationsIn = (document: DocumentNode): readonly OperationDefinitionNode[] =>
  document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);

const isTheOnlyOperation = (document: DocumentNode, operationName: string | null | undefined): boolean => {
  const [operation, second] = operationsIn(document);
  if (operation === undefined || second !== undefined) return false;
  return operationName === undefined || operationName === null || operation.name?.value === operationName;
};

/** Documents without @skip and @include: each selects all that the original may select. */
const unconditional = new WeakMap<DocumentNode, DocumentNode>();

const withoutConditions = (document: DocumentNode): DocumentNode => {
  const known = unconditional.get(document);
  if (known !== undefined) return known;
  const stripped: DocumentNode = visit(document, {
    Directive: ({ name }) => (name.value === 'skip' || name.value === 'include' ? null : undefined),
  });
  unconditional.set(document, stripped);
  return stripped;
};

/**
 * Mercurius tells this hook neither the operation's name nor its variables: every subscription of the document must be allowed,
 * with all that it may select.
 */
const createPreSubscription =
  (gate: Gate) => async (schema: GraphQLSchema, document: DocumentNode, context: Context) => {
    const stripped = withoutConditions(document);
    for (const { name, operation } of operationsIn(stripped)) {
      if (operation !== 'subscription') continue;
      const asked = {
        schema,
        document: stripped,
        operationName: name?.value,
        variableValues: {},
        contextValue: context,
      };
      const decision = await gate.decide(asked, { request: null });
      if (decision.kind === 'refuse') throw toGraphQLError(decision.error);
      gate.holdCopy(decision, asked, { request: null });
    }
  };
