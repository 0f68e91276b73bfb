import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql';
import { errorExtensions, type Refusal, refusalHttp } from '../authorization/errors.ts';
import { guardInstrumented } from '../authorization/guard-registry.ts';
import { CodedError } from '../domain/errors.ts';
import { type Admitted, createGate, type Gate, type GatedOperation, type Origin } from './gate.ts';
import { refusalMediaType, refusalStatus } from './media-type.ts';
import type { GateOptions } from './options.ts';
import { connectionSource, headerOf } from './sources.ts';

/** What the gate reads of Apollo Server's `GraphQLRequestContext`. */
type RequestContext = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly contextValue: object;
  readonly requestIsBatched: boolean;
  readonly request: {
    readonly operationName?: string | null | undefined;
    readonly variables?: unknown;
    readonly http?: { readonly headers: object } | undefined;
  };
  readonly overallCachePolicy?: { readonly restrict: (hint: { readonly scope: 'PRIVATE' }) => void };
};

type RequestListener = {
  readonly didResolveOperation: (context: RequestContext) => Promise<void>;
  readonly executionDidStart: (context: RequestContext) => Promise<{ readonly executionDidEnd: () => Promise<void> }>;
  readonly willSendResponse: (context: { readonly response: { readonly body?: unknown } }) => Promise<void>;
  readonly willSendSubsequentPayload: (context: unknown, payload: { readonly hasNext?: boolean }) => Promise<void>;
};

/** A plugin of Apollo Server 5. */
export type ApolloGate = {
  readonly serverWillStart: (service: { readonly schema: GraphQLSchema }) => Promise<{
    readonly schemaDidLoadOrUpdate: (schemas: { readonly apiSchema: GraphQLSchema }) => void;
  }>;
  readonly requestDidStart: () => Promise<RequestListener>;
};

/**
 * Returns a plugin for Apollo Server 5, for a schema made by `guardSchema`. It decides each operation before any resolver runs and
 * before response caches are asked, and binds the verified viewer to the context of those that run. Refusals have status, media
 * type and `WWW-Authenticate`. A server with a schema whose rules would not be enforced does not start.
 *
 * @example
 * const server = new ApolloServer({ schema, plugins: [fieldgateForApollo({ authenticate })] });
 */
export const fieldgateForApollo = (options: GateOptions): ApolloGate => {
  const gate = createGate(options);
  return {
    serverWillStart: async ({ schema }) => {
      guardInstrumented(schema);
      return { schemaDidLoadOrUpdate: ({ apiSchema }) => guardInstrumented(apiSchema) };
    },
    requestDidStart: async () => {
      let release = (): void => undefined;
      return {
        didResolveOperation: async (context) => {
          const decision = await gate.decide(operationOf(context), originOf(context, options));
          if (decision.kind === 'refuse') throw refusedError(decision, context, options);
          release = holdOrRefuse(gate, decision, context, options);
        },
        // Not before: a policy that is set when execution starts is taken for a cached one, and hints are ignored.
        executionDidStart: async (context) => ({
          executionDidEnd: async () => {
            if (gate.isPersonal(operationOf(context))) context.overallCachePolicy?.restrict({ scope: 'PRIVATE' });
          },
        }),
        willSendResponse: async ({ response }) => {
          if (!isIncremental(response.body)) release();
        },
        willSendSubsequentPayload: async (_context, { hasNext }) => {
          if (!hasNext) release();
        },
      };
    },
  };
};

const operationOf = ({ schema, document, request, contextValue }: RequestContext): GatedOperation => ({
  schema,
  document,
  operationName: request.operationName,
  variableValues: request.variables,
  contextValue,
});

/** `executeOperation` brings no request: then the context says where credentials are. */
const originOf = ({ request: { http } }: RequestContext, { sourceOf }: GateOptions): Origin =>
  http && !sourceOf ? { source: connectionSource(undefined, http), request: http.headers } : {};

const holdOrRefuse = (gate: Gate, admitted: Admitted, context: RequestContext, options: GateOptions): (() => void) => {
  try {
    return gate.hold(admitted, context.contextValue);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw refusedError({ error, presented: admitted.viewer.kind !== 'anonymous' }, context, options);
  }
};

/** Apollo Server applies `http` of an error to the response, and leaves it out of the body. */
const refusedError = (
  refusal: Refusal,
  { request, requestIsBatched }: RequestContext,
  { resourceMetadata }: GateOptions,
): GraphQLError => {
  // The entries of a batch share one response, whose status none of them decides.
  const http = requestIsBatched ? { status: 200 } : httpOf(refusal, resourceMetadata ?? null, request.http?.headers);
  const extensions: Record<string, unknown> = { ...errorExtensions(refusal.error), http };
  return new GraphQLError(refusal.error.message, { extensions });
};

const httpOf = (refusal: Refusal, resourceMetadata: string | null, requestHeaders: unknown) => {
  const mediaType = refusalMediaType(headerOf(requestHeaders, 'accept'));
  const { status, headers } = refusalHttp(refusal, resourceMetadata);
  return {
    status: refusalStatus(status, mediaType),
    headers: new Map(Object.entries({ ...headers, 'content-type': `${mediaType}; charset=utf-8` })),
  };
};

const isIncremental = (body: unknown): boolean => Object(body)['kind'] === 'incremental';
