import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { OperationRequest } from '../operation/pipeline.ts';
import { type Accepted, toWholeResponse } from '../operation/result.ts';
import { type StreamDeps, subscribeAdmitted, yogaOptions } from './yoga.ts';

export type WholeYogaDeps = StreamDeps & {
  /** Of the user. */
  readonly plugins: readonly object[];
  /** Admits and executes a query or mutation. */
  readonly run: (requested: OperationRequest) => MaybePromise<ExecutionResult>;
};

/** What the pipeline made of a request: an operation, or the answer of a request without one. */
export type Prepared = OperationRequest | ExecutionResult;

/** Takes a request through Yoga, with all hooks of its plug-ins. */
export type ExecuteWhole = (request: Request, prepared: Prepared, accepted: Accepted) => Promise<Response>;

type ServerContext = { readonly prepared: Prepared; readonly accepted: Accepted };

/**
 * Every operation through Yoga, for plug-ins of the user. It is fed with what the pipeline has prepared, decides nothing, and its
 * answers are the pipeline's: in the same form, with the same status.
 */
export const createWholeYoga = (deps: WholeYogaDeps): ExecuteWhole => {
  const yoga = createYoga<ServerContext, ServerContext>({
    ...yogaOptions(deps),
    plugins: [usePipeline(deps), ...deps.plugins, useOurAnswers()],
  });
  return async (request, prepared, accepted) => {
    // Yoga knows no HEAD; a body is left out when the answer is written.
    const known = request.method === 'HEAD' ? new Request(request.url, { headers: request.headers }) : request;
    return yoga.fetch(known, { prepared, accepted });
  };
};

const usePipeline = (deps: WholeYogaDeps): Plugin<ServerContext, ServerContext> => ({
  onRequestParse: ({ serverContext: { prepared }, setRequestParser }) => {
    const params = 'operation' in prepared ? paramsOf(prepared) : { query: '{ __typename }' };
    setRequestParser(() => params);
  },
  onParams: ({ context, setResult }) => {
    const { prepared } = context as unknown as ServerContext;
    if (!('operation' in prepared)) setResult(prepared);
  },
  onParse: ({ context: { prepared }, setParsedDocument }) => {
    if ('operation' in prepared) setParsedDocument(prepared.operation.document);
  },
  onValidate: ({ setValidationFn }) => setValidationFn(() => []),
  onExecute: ({ args, setExecuteFn }) => {
    const { prepared } = args.contextValue;
    if ('operation' in prepared) setExecuteFn(() => deps.run(prepared));
  },
  onSubscribe: ({ args, setSubscribeFn }) => {
    const { prepared } = args.contextValue;
    if ('operation' in prepared) setSubscribeFn(() => subscribeAdmitted(deps, prepared));
  },
});

const paramsOf = ({ params: { query, operationName, variables } }: OperationRequest) => ({
  query,
  variables: { ...variables },
  ...(operationName === null ? {} : { operationName }),
});

/** The form of an answer in one piece is the pipeline's. */
const useOurAnswers = (): Plugin<ServerContext, ServerContext> => ({
  onResultProcess: ({ result, serverContext, setResultProcessor }) => {
    const { prepared } = serverContext;
    // Streams, and what is answered in the place of one, are Yoga's as without plug-ins.
    if ('operation' in prepared && prepared.operation.kind === 'subscription') return;
    if (Array.isArray(result) || Symbol.asyncIterator in result) return;
    setResultProcessor((processed) => {
      const { status, headers, body } = toWholeResponse(processed as ExecutionResult, serverContext.accepted);
      return new Response(body, { status, headers });
    }, 'application/json');
  },
});
