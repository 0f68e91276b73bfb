import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { OperationTypeNode } from 'graphql';
import type { RequestContext, RequestState } from '../graphql/context.ts';
import { parseJsonBody, parseQueryString } from '../graphql/operation/parameters.ts';
import type { Pipeline } from '../graphql/operation/pipeline.ts';
import { toWholeResponse, type WholeResponse } from '../graphql/operation/result.ts';
import type { ExecuteStream } from '../graphql/streams/yoga.ts';
import { leftToUs, negotiate } from './media-types.ts';
import type { ReceivedRequest } from './received-request.ts';
import { refusal } from './refusal.ts';
import type { Route } from './router.ts';

type GraphQLEndpointDeps = {
  readonly pipeline: Pipeline;
  readonly executeStream: ExecuteStream;
  /** The page for browsers; null where there is none. */
  readonly graphiql: Route | null;
};

/** Answers a request to the GraphQL path, whichever method it has and whichever server took it in. */
export type GraphQLEndpoint = (request: ReceivedRequest, state: RequestState) => MaybePromise<WholeResponse | Response>;

/**
 * A caller with nothing left may still sign in, refresh or sign out, whose requests are short. Longer bodies of such a caller are not
 * even parsed as JSON.
 */
const longestSignIn = 8 * 1024;

/** GraphQL over HTTP: the method, the media types, the parameters; everything else is the pipeline's. */
export const createGraphQLEndpoint = ({ pipeline, executeStream, graphiql }: GraphQLEndpointDeps): GraphQLEndpoint => {
  const execute: GraphQLEndpoint = (request, state) => {
    const accepted = negotiate(request.header('accept'));
    if (!accepted) return refuse(request, state, notAcceptable);
    const isPost = request.method === 'POST';
    const body = isPost ? request.body() : '';
    if (body === null) return refuse(request, state, notUtf8);
    const context = contextOf(request, state);
    const exhausted = body.length > longestSignIn ? pipeline.refuseExhausted(context) : null;
    if (exhausted) return toWholeResponse(exhausted, accepted);
    const prepared = pipeline.prepare({
      method: isPost ? 'POST' : 'GET',
      params: isPost ? parseJsonBody(body) : parseQueryString(request.search),
      context,
    });
    if (!('operation' in prepared)) return toWholeResponse(prepared, accepted);
    if (prepared.operation.operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      return handleMaybePromise(
        () => pipeline.run(prepared),
        (result) => toWholeResponse(result, accepted),
      );
    }
    return accepted.acceptsStream ? executeStream(request.toRequest(), prepared) : noStreamAccepted;
  };

  /** Every request is counted, also one whose document is never looked at. */
  const refuse = (request: ReceivedRequest, state: RequestState, answer: WholeResponse): WholeResponse => {
    const exhausted = pipeline.countRefused(contextOf(request, state));
    return exhausted ? toWholeResponse(exhausted, leftToUs) : answer;
  };

  return (request, state) => {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        if (request.header('upgrade')?.toLowerCase() === 'websocket') return refuse(request, state, noWebSocket);
        return graphiql && (request.header('accept') ?? '').includes('text/html')
          ? graphiql(request.toRequest(), state)
          : execute(request, state);
      case 'POST':
        // Forms and plain text can be sent by any page without asking (no preflight); JSON cannot.
        return isJson(request.header('content-type')) ? execute(request, state) : refuse(request, state, notJson);
      default:
        return refuse(request, state, otherMethod);
    }
  };
};

const contextOf = ({ header }: ReceivedRequest, state: RequestState): RequestContext => ({
  requestId: state.requestId,
  client: state.client,
  state,
  header,
  newSession: null,
});

const notAcceptable = refusal(
  406,
  'NOT_ACCEPTABLE',
  'Accept application/graphql-response+json, application/json or text/event-stream.',
);

const noStreamAccepted = refusal(406, 'NOT_ACCEPTABLE', 'Accept text/event-stream for a subscription.');

const notUtf8 = refusal(400, 'BAD_REQUEST', 'The body is not UTF-8.');

const notJson = refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.');

const allow = 'GET, POST, OPTIONS';

const otherMethod = refusal(405, 'METHOD_NOT_ALLOWED', `Use ${allow}.`, { allow });

const noWebSocket = refusal(501, 'NOT_IMPLEMENTED', 'WebSocket is not available here. Send operations by POST or GET.');

const isJson = (contentType: string | null): boolean =>
  contentType === 'application/json' || /^application\/(?:graphql\+)?json\s*(?:;|$)/i.test(contentType ?? '');
