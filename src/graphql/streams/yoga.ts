import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { type ExecutionResult, subscribe } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { errorOfThrown, type ReportFault, translateErrors } from '../operation/errors.ts';
import { type OnOperation, outcomeOf } from '../operation/outcome.ts';
import {
  type AdmitDeps,
  admitOperation,
  executeAdmitted,
  type OperationRequest,
  refuse,
} from '../operation/pipeline.ts';

export type StreamDeps = AdmitDeps & {
  readonly path: string;
  readonly reportFault: ReportFault;
  readonly onOperation: OnOperation | null;
};

/** Runs a prepared subscription and answers with its events. */
export type ExecuteStream = (request: Request, requested: OperationRequest) => Promise<Response>;

/** What the server hands to Yoga with each request. */
type ServerContext = { readonly requested: OperationRequest };

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/**
 * The engine of streams: Yoga, fed with operations that the pipeline has prepared. It parses and validates nothing again, and
 * the decision is the pipeline's.
 */
export const createYogaStreams = (deps: StreamDeps): ExecuteStream => {
  const yoga = createYoga<ServerContext, ServerContext>({
    ...yogaOptions(deps),
    plugins: [usePreparedOperation(deps)],
  });
  return async (request, requested) => yoga.fetch(request, { requested });
};

/** Yoga as an engine: everything that it would do of its own accord is off. */
export const yogaOptions = ({ schema, path }: Pick<StreamDeps, 'schema' | 'path'>) =>
  ({
    schema,
    graphqlEndpoint: path,
    // Node's own, and not Yoga's copies: what comes out of here is handed on as it is.
    fetchAPI: { Headers, ReadableStream, Request, Response, TextEncoder, URL, URLSearchParams },
    parserAndValidationCache: false,
    maskedErrors: false,
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false,
    healthCheckEndpoint: '/__unused',
  }) as const;

const usePreparedOperation = (deps: StreamDeps): Plugin<ServerContext, ServerContext> => ({
  onRequestParse: ({ serverContext, setRequestParser }) => {
    const { query, operationName, variables } = serverContext.requested.params;
    const params = { query, variables: { ...variables }, ...(operationName === null ? {} : { operationName }) };
    setRequestParser(() => params);
  },
  onParse: ({ context, setParsedDocument }) => setParsedDocument(context.requested.operation.document),
  onValidate: ({ setValidationFn }) => setValidationFn(() => []),
  onSubscribe: ({ args, setSubscribeFn }) => setSubscribeFn(() => subscribeAdmitted(deps, args.contextValue.requested)),
});

/** Admits a subscription, opens its source, and translates the errors of each event. Never rejects. */
export const subscribeAdmitted = (deps: StreamDeps, requested: OperationRequest): MaybePromise<Result> => {
  const { document, name: operationName } = requested.operation;
  const { requestId } = requested.context;
  const translate = (result: ExecutionResult): ExecutionResult =>
    result.errors ? translateErrors(result, deps.reportFault, requestId) : result;
  const finish = (result: Result): Result => {
    const isStream = Symbol.asyncIterator in result;
    deps.onOperation?.('subscription', isStream ? 'ok' : outcomeOf(result));
    return isStream ? translateEvents(result, translate, onThrow) : translate(result);
  };
  const onThrow = (error: unknown): ExecutionResult => ({
    errors: [errorOfThrown(error, deps.reportFault, requestId)],
  });
  return handleMaybePromise(
    () =>
      handleMaybePromise(
        () => admitOperation(deps, requested),
        (decision) =>
          decision.kind === 'refuse'
            ? refuse(deps, requested, decision)
            : executeAdmitted(deps, requested, {
                decision,
                execute: (contextValue, variableValues) =>
                  subscribe({ schema: deps.schema, document, operationName, contextValue, variableValues }),
              }),
      ),
    finish,
    (error) => finish(onThrow(error)),
  );
};

/** A source that throws ends the stream with an error like any other: masked, and reported. */
async function* translateEvents(
  events: AsyncIterable<ExecutionResult>,
  translate: (result: ExecutionResult) => ExecutionResult,
  onThrow: (error: unknown) => ExecutionResult,
): AsyncGenerator<ExecutionResult> {
  try {
    for await (const event of events) yield translate(event);
  } catch (error) {
    yield onThrow(error);
  }
}
