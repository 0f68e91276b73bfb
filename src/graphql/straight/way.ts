import { type Authenticator, admit, type Decision, withViewer } from '@fieldgate/guard';
import { refusalError } from '@fieldgate/guard/server';
import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
} from 'graphql';
import type { ChargeOperation } from '../charge.ts';
import type { DocumentLimit } from '../document-limit.ts';
import { answerToThrown, type ReportBug, translateResult } from '../errors.ts';
import type { FieldLimits } from '../field-limits.ts';
import type { Introspection } from '../introspection.ts';
import { graphqlResponse, type MediaType, refusalMediaType } from '../media-type.ts';
import { type OnOperation, outcomeOf } from '../operation-report.ts';
import type { OnRefusal } from '../refusals.ts';
import { createDocuments, type Prepared } from './documents.ts';
import type { StraightRequest } from './request.ts';

/** An answer of one piece, ready to be written. */
export type StraightAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

type Options = {
  readonly schema: GraphQLSchema;
  /** Where it is not the same for everybody, what there is to say about it is Yoga's part. */
  readonly introspection: Introspection;
  readonly fieldLimits: FieldLimits;
  readonly charge: ChargeOperation;
  readonly documentLimit: DocumentLimit;
  readonly authenticate: Authenticator;
  readonly resourceMetadata: string;
  readonly report: ReportBug;
  readonly onRefusal: OnRefusal;
  /** Left out where nobody counts. */
  readonly onOperation: OnOperation | null;
};

/**
 * The straight way of the common request from its text to its answer: one query or mutation that parses and is
 * valid, with the variables it declares.
 * Null for everything else, which goes through Yoga. Both ways decide, execute and translate with the same functions;
 * `test/e2e/straight-way.test.ts` sends one corpus through both.
 */
export const createStraightWay = (options: Options) => {
  const { schema, introspection, fieldLimits, documentLimit } = options;
  const documents = createDocuments({
    schema,
    fieldLimits,
    rules: introspection === 'full' ? [] : [NoSchemaIntrospectionCustomRule],
    mayLook: documentLimit.mayLook,
  });
  const way = (request: StraightRequest): StraightAnswer | Promise<StraightAnswer> | null => {
    const prepared = documents.find(request);
    if (!prepared || prepared.operation.operation === OperationTypeNode.SUBSCRIPTION) return null;
    if (!prepared.accepts(request.variables)) return null;
    return answer(options, prepared, request);
  };
  return { way, isKnown: documents.isKnown };
};

const answer = (
  options: Options,
  prepared: Prepared,
  request: StraightRequest,
): StraightAnswer | Promise<StraightAnswer> => {
  const { requestId } = request.context;
  const finish = (result: ExecutionResult): StraightAnswer => {
    options.onOperation?.(prepared.operation.operation, outcomeOf(result));
    return toAnswer(result, request);
  };
  const onResult = (result: ExecutionResult): StraightAnswer =>
    finish(result.errors ? translateResult(result, options.report, requestId) : result);
  const onThrow = (error: unknown): StraightAnswer =>
    finish({ errors: [answerToThrown(error, options.report, requestId)] });
  try {
    const result = execute(options, prepared, request);
    return result instanceof Promise ? result.then(onResult).catch(onThrow) : onResult(result);
  } catch (error) {
    return onThrow(error);
  }
};

const execute = (
  options: Options,
  prepared: Prepared,
  request: StraightRequest,
): ExecutionResult | Promise<ExecutionResult> => {
  const run = (decision: Decision): ExecutionResult | Promise<ExecutionResult> => {
    if (decision.kind === 'run') {
      return prepared.execute(withViewer(request.context, decision.viewer), request.variables);
    }
    options.onRefusal(decision, request.context);
    return { errors: [refusalError(decision, options.resourceMetadata)] };
  };
  const decision = admit({
    schema: options.schema,
    document: prepared.document,
    operationName: request.operationName,
    variables: request.variables,
    source: request.context,
    authenticate: options.authenticate,
    consume: (viewer, fields) => options.charge(viewer, fields, request.context),
  });
  return decision instanceof Promise ? decision.then(run) : run(decision);
};

const toAnswer = (result: ExecutionResult, { accept, mediaType }: StraightRequest): StraightAnswer => {
  const isWhole = !result.data && (!('data' in result) || result.errors?.some(httpOf));
  const type = isWhole ? refusalMediaType(accept, mediaType) : mediaType;
  const headers: Record<string, string> = { 'content-type': `${type}; charset=utf-8` };
  const status = result.errors ? statusOf(result, type, headers) : 200;
  return { status, headers, body: JSON.stringify(result.errors ? withoutHttp(result) : result) };
};

type Http = { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

const httpOf = (error: GraphQLError): Http | undefined => error.extensions['http'] as Http | undefined;

/** What errors say of the whole answer. As `application/json` any well-formed answer is 200, whatever is in it. */
const statusOf = ({ errors = [] }: ExecutionResult, type: MediaType, headers: Record<string, string>): number => {
  let status = 200;
  for (const error of errors) {
    const http = httpOf(error);
    Object.assign(headers, http?.headers);
    if (type === graphqlResponse && http && http.status > status) status = http.status;
  }
  return status;
};

const withoutHttp = (result: ExecutionResult): object => ({
  ...result,
  errors: result.errors?.map((error) => {
    const { http: _edgeOnly, ...extensions } = error.extensions;
    const { extensions: _all, ...shown } = error.toJSON();
    return Object.keys(extensions).length > 0 ? { ...shown, extensions } : shown;
  }),
});
