import type { Authentication, CredentialSource } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';

import { useBoundedErrors } from './bounded-errors.ts';
import type { ChargeOperation } from './charge.ts';
import type { RequestContext, RequestState } from './context.ts';
import { type DocumentLimit, useDocumentLimit } from './document-limit.ts';
import { answerToThrown, type ReportBug, useErrors } from './errors.ts';
import type { FieldLimits } from './field-limits.ts';
import { useHiddenSchema, useNoSuggestions } from './hidden-schema.ts';
import { type Introspection, useIntrospectionByRole } from './introspection.ts';
import { type OnOperation, useOperationReport } from './operation-report.ts';
import { useBoundedParser } from './parsing.ts';
import { useQueryLimits } from './query-limits.ts';
import { createRecentDocuments } from './recent-documents.ts';
import type { OnRefusal } from './refusals.ts';

export type GraphQLServer = YogaServerInstance<{ readonly state: RequestState }, RequestContext>;

type Options = {
  readonly schema: GraphQLSchema;
  readonly path: string;
  readonly authenticate: (source: CredentialSource) => Authentication | Promise<Authentication>;
  /** Where the metadata of this API is, as a resource in the sense of RFC 9728. */
  readonly resourceMetadata: string;
  readonly introspection: Introspection;
  readonly fieldLimits: FieldLimits;
  readonly charge: ChargeOperation;
  readonly documentLimit: DocumentLimit;
  /** Whether a text is known to be good where requests go straight. */
  readonly isKnown: (text: string) => boolean;
  readonly report: ReportBug;
  readonly onRefusal: OnRefusal;
  /** Left out where nobody counts. */
  readonly onOperation: OnOperation | null;
};

/**
 * The GraphQL engine with everything that decides how it answers. What is left to the edge in front of it: body size,
 * media types, CORS, the GraphiQL page.
 */
export const createGraphQLServer = (options: Options): GraphQLServer => {
  const recent = createRecentDocuments<DocumentNode>(({ tokenCount = 0 }) => tokenCount);
  return createYoga<{ readonly state: RequestState }, RequestContext>({
    schema: options.schema,
    graphqlEndpoint: options.path,
    context: ({ request, state }): RequestContext => ({
      requestId: state.requestId,
      client: state.client,
      state,
      header: (name) => request.headers.get(name),
      newSession: null,
    }),
    plugins: [
      useBoundedParser(),
      useQueryLimits(options.fieldLimits),
      useDocumentLimit({ limit: options.documentLimit, recent, isKnownElsewhere: options.isKnown }),
      ...(options.onOperation ? [useOperationReport(options.onOperation)] : []),
      useFieldgate({
        authenticate: options.authenticate,
        onDecision: (decision, context) => {
          if (decision.kind === 'refuse') options.onRefusal(decision, context as RequestContext);
        },
        sourceOf: (context) => context as RequestContext,
        resourceMetadata: options.resourceMetadata,
        consume: (viewer, fields, context) => options.charge(viewer, fields, context as RequestContext),
      }),
      useErrors(options.report),
      ...introspectionPlugins(options),
      useBoundedErrors(),
    ],
    maskedErrors: {
      errorMessage: '',
      maskError: (error) => answerToThrown(error, options.report, null),
    },
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false,
    healthCheckEndpoint: '/__unused',
    parserAndValidationCache: {
      documentCache: recent,
      errorCache: noErrors,
    },
  });
};

/** Parsing again is quick, and an error holds the whole text that it is about. */
const noErrors = { get: () => undefined, set: () => {} };

const introspectionPlugins = (options: Options) => {
  switch (options.introspection) {
    case 'full':
      return [];
    case 'role':
      return [useIntrospectionByRole(options), useNoSuggestions()];
    case 'off':
      return [useHiddenSchema(), useNoSuggestions()];
  }
};
