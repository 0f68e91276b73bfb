import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import { useFieldgate } from '../authorization/plugin.ts';
import type { Authentication, CredentialSource } from '../domain/authentication.ts';
import type { Origin } from '../domain/session.ts';
import type { RequestContext } from './context.ts';
import { fromThrown, type ReportBug, useErrors, withStatus } from './errors.ts';
import { useHiddenSchema } from './hidden-schema.ts';
import { useBoundedParser } from './parsing.ts';

/** What the HTTP edge knows of a request and hands on. */
export type RequestFacts = { readonly requestId: string; readonly origin: Origin };

export type GraphQLServer = YogaServerInstance<RequestFacts, RequestContext>;

type Options = {
  readonly schema: GraphQLSchema;
  readonly path: string;
  readonly authenticate: (source: CredentialSource) => Authentication | Promise<Authentication>;
  /** Introspection and "did you mean" tell what a schema holds; development wants that, production does not. */
  readonly revealSchema: boolean;
  readonly report: ReportBug;
};

/**
 * The GraphQL engine with everything that decides how it answers. What is left to the edge in front of it: body size,
 * media types, CORS, the GraphiQL page.
 */
export const createGraphQLServer = (options: Options): GraphQLServer =>
  createYoga<RequestFacts, RequestContext>({
    schema: options.schema,
    graphqlEndpoint: options.path,
    context: ({ request, requestId, origin }): RequestContext => ({
      requestId,
      origin,
      header: (name) => request.headers.get(name),
      signedIn: null,
    }),
    plugins: [
      useBoundedParser(),
      useFieldgate({ authenticate: options.authenticate }),
      useErrors(options.report),
      ...(options.revealSchema ? [] : [useHiddenSchema()]),
    ],
    maskedErrors: {
      errorMessage: '',
      maskError: (error) => withStatus(fromThrown(error, options.report, null)),
    },
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false,
    healthCheckEndpoint: '/__unused',
  });
