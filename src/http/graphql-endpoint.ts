import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { RequestContext, RequestState } from '../graphql/context.ts';
import { parseJsonBody, parseQueryString } from '../graphql/operation/parameters.ts';
import type { Pipeline } from '../graphql/operation/pipeline.ts';
import { type Accepted, toWholeResponse, type WholeResponse } from '../graphql/operation/result.ts';
import type { ExecuteStream } from '../graphql/streams/yoga.ts';
import type { ExecuteWhole } from '../graphql/streams/yoga-whole.ts';
import { errorResponse } from './error-response.ts';
import { leftToUs, negotiate } from './media-types.ts';
import type { Handle, HttpResponse, ReceivedRequest, Route } from './route.ts';

type GraphQLEndpointDeps = {
  readonly pipeline: Pipeline;
  readonly executeStream: ExecuteStream;
  /** Takes every operation where the user has plug-ins of Yoga; else null. */
  readonly executeWhole: ExecuteWhole | null;
  /** The page for browsers; null where there is none. */
  readonly graphiql: Route | null;
};

/**
 * A caller with nothing left may still sign in, refresh or sign out, whose requests are short. Longer bodies of such a caller are not
 * even parsed as JSON.
 */
const maxSignInBodyBytes = 8 * 1024;

/** GraphQL over HTTP: the method, the media types, the parameters; everything else is the pipeline's. */
export const createGraphQLEndpoint =
  (deps: GraphQLEndpointDeps): Handle =>
  (request, state) => {
    const { method, header } = request;
    const refuse = (answer: WholeResponse): WholeResponse => {
      const exhausted = deps.pipeline.refuseCounted(contextOf(request, state));
      return exhausted ? toWholeResponse(exhausted, leftToUs) : answer;
    };
    if (method !== 'POST' && method !== 'GET' && method !== 'HEAD') return refuse(methodNotAllowed);
    // Forms and plain text can be sent by any page without asking (no preflight); JSON cannot.
    if (method === 'POST' && !jsonType.test(header('content-type') ?? '')) return refuse(unsupportedMediaType);
    if (method !== 'POST' && header('upgrade')?.toLowerCase() === 'websocket') return refuse(noWebSocket);
    const accept = header('accept');
    if (method !== 'POST' && accept?.includes('text/html')) {
      if (deps.graphiql) return deps.graphiql(request.toRequest(), state);
      if (request.search === '') return refuse(noGraphiQL);
    }
    const accepted = negotiate(accept);
    return accepted ? execute(request, state, { ...deps, accepted }) : refuse(notAcceptable);
  };

const execute = (
  request: ReceivedRequest,
  state: RequestState,
  { pipeline, executeStream, executeWhole, accepted }: GraphQLEndpointDeps & { readonly accepted: Accepted },
): MaybePromise<HttpResponse> => {
  const { method, search, body } = request;
  const context = contextOf(request, state);
  const exhausted = body && body.length > maxSignInBodyBytes ? pipeline.refuseExhausted(context) : null;
  if (exhausted) return toWholeResponse(exhausted, accepted);
  const prepared = pipeline.prepare({
    method: method === 'POST' ? 'POST' : 'GET',
    params: method === 'POST' ? parseJsonBody(body) : parseQueryString(search),
    context,
  });
  const isStream = 'operation' in prepared && prepared.operation.kind === 'subscription';
  if (executeWhole && (!isStream || accepted.acceptsStream))
    return executeWhole(request.toRequest(), prepared, accepted);
  if (!('operation' in prepared)) return toWholeResponse(prepared, accepted);
  if (prepared.operation.kind === 'subscription') {
    return accepted.acceptsStream ? executeStream(request.toRequest(), prepared) : streamNotAccepted;
  }
  return handleMaybePromise(
    () => pipeline.run(prepared),
    (result) => toWholeResponse(result, accepted),
  );
};

const contextOf = ({ header }: ReceivedRequest, state: RequestState): RequestContext => ({
  requestId: state.requestId,
  client: state.client,
  state,
  header,
  newSession: null,
});

const allow = 'GET, POST, OPTIONS';
const jsonType = /^application\/(?:graphql\+)?json\s*(?:;|$)/i;

const methodNotAllowed = errorResponse(405, {
  code: 'METHOD_NOT_ALLOWED',
  message: `Use ${allow}.`,
  headers: { allow },
});
const unsupportedMediaType = errorResponse(415, {
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'Send the request as application/json.',
});
const notAcceptable = errorResponse(406, {
  code: 'NOT_ACCEPTABLE',
  message: 'Accept application/graphql-response+json, application/json or text/event-stream.',
});
const streamNotAccepted = errorResponse(406, {
  code: 'NOT_ACCEPTABLE',
  message: 'Accept text/event-stream for a subscription.',
});
const noWebSocket = errorResponse(501, {
  code: 'NOT_IMPLEMENTED',
  message: 'WebSocket is not available here. Send operations by POST or GET.',
});
/** For the person who opens the endpoint in a browser. */
const noGraphiQL: WholeResponse = {
  status: 406,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: `This is a GraphQL endpoint, and its GraphiQL page is off, because the server runs with NODE_ENV=production.
Send operations by POST as application/json. To have GraphiQL, start a server with NODE_ENV=development, or enter this address in a GraphQL client of your own.
`,
};
