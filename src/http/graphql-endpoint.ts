import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { OperationTypeNode } from 'graphql';
import type { RequestState } from '../graphql/context.ts';
import { parseJsonBody, parseQueryString } from '../graphql/operation/parameters.ts';
import type { Pipeline } from '../graphql/operation/pipeline.ts';
import { toWholeResponse, type WholeResponse } from '../graphql/operation/result.ts';
import type { ExecuteStream } from '../graphql/streams/yoga.ts';
import { negotiate } from './media-types.ts';
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

/** GraphQL over HTTP: the method, the media types, the parameters; everything else is the pipeline's. */
export const createGraphQLEndpoint = ({ pipeline, executeStream, graphiql }: GraphQLEndpointDeps): GraphQLEndpoint => {
  const execute: GraphQLEndpoint = (request, state) => {
    const accepted = negotiate(request.header('accept'));
    if (!accepted) {
      return refusal(
        406,
        'NOT_ACCEPTABLE',
        'Accept application/graphql-response+json, application/json or text/event-stream.',
      );
    }
    const isPost = request.method === 'POST';
    const body = isPost ? request.body() : '';
    if (body === null) return refusal(400, 'BAD_REQUEST', 'The body is not UTF-8.');
    const prepared = pipeline.prepare({
      method: isPost ? 'POST' : 'GET',
      params: isPost ? parseJsonBody(body) : parseQueryString(request.search),
      context: { requestId: state.requestId, client: state.client, state, header: request.header, newSession: null },
    });
    if (!('operation' in prepared)) return toWholeResponse(prepared, accepted);
    if (prepared.operation.operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      return handleMaybePromise(
        () => pipeline.run(prepared),
        (result) => toWholeResponse(result, accepted),
      );
    }
    return accepted.acceptsStream
      ? executeStream(request.toRequest(), prepared)
      : refusal(406, 'NOT_ACCEPTABLE', 'Accept text/event-stream for a subscription.');
  };

  return (request, state) => {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        if (request.header('upgrade')?.toLowerCase() === 'websocket') return noWebSocket;
        return graphiql && (request.header('accept') ?? '').includes('text/html')
          ? graphiql(request.toRequest(), state)
          : execute(request, state);
      case 'POST':
        // Forms and plain text can be sent by any page without asking (no preflight); JSON cannot.
        return isJson(request.header('content-type'))
          ? execute(request, state)
          : refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.');
      default:
        return refusal(405, 'METHOD_NOT_ALLOWED', `Use ${allow}.`, { allow });
    }
  };
};

const allow = 'GET, POST, OPTIONS';

const noWebSocket = refusal(501, 'NOT_IMPLEMENTED', 'WebSocket is not available here. Send operations by POST or GET.');

const isJson = (contentType: string | null): boolean =>
  contentType === 'application/json' || /^application\/(?:graphql\+)?json\s*(?:;|$)/i.test(contentType ?? '');
