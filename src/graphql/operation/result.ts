import { type ExecutionResult, GraphQLError } from 'graphql';

export const graphqlResponse = 'application/graphql-response+json';
export const plainJson = 'application/json';
export const eventStream = 'text/event-stream';

/** The media types of a whole response. They differ in what a status may say: see GraphQL over HTTP §6.4. */
export type MediaType = typeof graphqlResponse | typeof plainJson | typeof eventStream;

/** What a client accepts, as far as we can produce it. */
export type Accepted = {
  /** For responses with data. */
  readonly data: MediaType;
  /** For responses that consist of errors: the type in which the status says so, wherever the client leaves the choice. */
  readonly errors: MediaType;
  readonly acceptsJson: boolean;
  readonly acceptsStream: boolean;
};

/** A response in one piece, ready to be written. */
export type WholeResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/** Messages are cut: one that quotes what was sent would be as large as that. */
const maxMessageLength = 1_000;

/** Returns the HTTP form of a result. */
export const toWholeResponse = (result: ExecutionResult, accepted: Accepted): WholeResponse => {
  if (!result.errors) return toResponse(accepted.data, success, JSON.stringify(result));
  const hasData = result.data || ('data' in result && !result.errors.some(httpOf));
  const type = hasData ? accepted.data : typeOfErrors(result.errors, accepted);
  const json = JSON.stringify(withClientErrors(result));
  return toResponse(type, headOf(result.errors, type), repeat(json, result.errors));
};

type Head = Pick<WholeResponse, 'status' | 'headers'>;

const success: Head = { status: 200, headers: {} };

const toResponse = (type: MediaType, { status, headers }: Head, json: string): WholeResponse => ({
  status,
  headers: { 'content-type': `${type}; charset=utf-8`, ...headers },
  // One event and the end of the stream (GraphQL over SSE, distinct connections mode).
  body: type === eventStream ? `event: next\ndata: ${json}\n\nevent: complete\ndata:\n\n` : json,
});

/** What an error says of the HTTP response: see `refusalError`. */
export type HttpExtension = {
  /** The status holds for graphql-response+json only; other types say 200. */
  readonly spec?: boolean;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its clients read `application/json`, whatever else they accept. */
  readonly prefersJson?: boolean;
  /** Answers a batch: as many times. */
  readonly entries?: number;
};

/** Returns a request error: it is the whole response. */
export const requestError = (message: string, code: string, http: HttpExtension): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http } });

const httpOf = (error: GraphQLError): HttpExtension | undefined =>
  error.extensions['http'] as HttpExtension | undefined;

const typeOfErrors = (errors: readonly GraphQLError[], accepted: Accepted): MediaType =>
  accepted.acceptsJson && errors.some((error) => httpOf(error)?.prefersJson) ? plainJson : accepted.errors;

const repeat = (json: string, errors: readonly GraphQLError[]): string => {
  const entries = errors.map(httpOf).find((http) => http?.entries)?.entries;
  return entries === undefined ? json : `[${Array.from({ length: entries }, () => json).join(',')}]`;
};

const headOf = (errors: readonly GraphQLError[], type: MediaType): Head => {
  const headers: Record<string, string> = {};
  let status = 200;
  for (const error of errors) {
    const http = httpOf(error);
    if (!http) continue;
    Object.assign(headers, http.headers);
    if (type === graphqlResponse || !http.spec) status = Math.max(status, http.status);
  }
  return { status, headers };
};

const withClientErrors = (result: ExecutionResult): object => ({
  ...result,
  errors: result.errors?.map((error) => {
    const { http: _http, ...extensions } = error.extensions;
    const { extensions: _all, message, ...rest } = error.toJSON();
    return { message: cut(message), ...rest, ...(Object.keys(extensions).length > 0 ? { extensions } : {}) };
  }),
});

const cut = (message: string): string =>
  message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)} …` : message;
