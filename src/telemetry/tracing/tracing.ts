import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { AppError, errorTable } from '../../domain/errors.ts';
import { type OnLost, openPipeline } from './pipeline.ts';
import type { TracingSettings } from './settings.ts';

/**
 * What is told of requests while they go through the server. All of it is ours: no attribute ever holds what a caller
 * wrote, neither paths, queries, names of operations, variables nor headers. Of a caller's `traceparent` the two ids and
 * the flags are taken, of which there is nothing to read.
 */
export type Tracing = {
  /** Begins the span of a request. */
  readonly begin: (head: RequestHead) => RequestTrace;
  /** Told within a request of the GraphQL operation it held. */
  readonly onOperation: (kind: string, outcome: string) => void;
  /** Told within a request of a fault of the server that its caller may not see. */
  readonly onFault: () => void;
  /** What begins the span of one call of a method of a store. Null outside a request, and for one that is not kept. */
  readonly storeCalls: (store: string, verb: string) => () => EndOfCall | null;
  /** Sends what is left, for a bounded time. */
  readonly close: () => Promise<void>;
};

export type RequestHead = {
  readonly method: string;
  /** A path the server has; null for any other. */
  readonly route: string | null;
  readonly scheme: 'http' | 'https';
  readonly traceparent: string | null;
};

export type RequestTrace = {
  readonly traceId: string;
  /** Runs what is to be seen as part of the request. */
  readonly within: <Result>(run: () => Result) => Result;
  /** With the status that was sent; null if the caller went away before. */
  readonly end: (status: number | null) => void;
};

/** With what was thrown, or null. */
export type EndOfCall = (error: unknown) => void;

type Current = { readonly span: Span; readonly context: Context };

const methods: ReadonlySet<string> = new Set([
  ...['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE', 'QUERY'],
]);

/** Names are those of OpenTelemetry's semantic conventions for HTTP and GraphQL; what they have no name for is `fieldgate.*`. */
export const openTracing = (settings: TracingSettings, onLost: OnLost): Tracing => {
  const { tracer, close } = openPipeline(settings, onLost);
  const requests = new AsyncLocalStorage<Current>();

  const begin = (head: RequestHead): RequestTrace => {
    const parent = parentOf(head.traceparent);
    const attributes = attributesOf(head);
    const span = tracer.startSpan(nameOf(head), { kind: SpanKind.SERVER, attributes }, parent);
    const current = { span, context: trace.setSpan(parent, span) };
    return {
      traceId: span.spanContext().traceId,
      within: (run) => requests.run(current, run),
      end: (status) => {
        if (status !== null) span.setAttribute('http.response.status_code', status);
        if (status !== null && status >= 500) markFailed(span, String(status));
        span.end();
      },
    };
  };

  const onOperation = (kind: string, outcome: string): void => {
    const span = requests.getStore()?.span;
    if (!span) return;
    if (kind !== 'none') span.setAttribute('graphql.operation.type', kind);
    span.setAttribute('fieldgate.graphql.outcome', outcome);
    if (faults.has(outcome)) markFailed(span, outcome);
  };

  const onFault = (): void => {
    const span = requests.getStore()?.span;
    if (span) markFailed(span, 'internal_server_error');
  };

  const storeCalls: Tracing['storeCalls'] = (store, verb) => {
    const options = { kind: SpanKind.INTERNAL, attributes: { 'fieldgate.store': store, 'fieldgate.store.verb': verb } };
    const name = `${store}.${verb}`;
    return () => {
      const request = requests.getStore();
      // What a request leaves behind for later (events are written in batches) is not part of it once it is answered.
      if (!request?.span.isRecording()) return null;
      const span = tracer.startSpan(name, options, request.context);
      return (error) => {
        if (error !== null) markFailed(span, error instanceof AppError ? error.code.toLowerCase() : 'fault');
        span.end();
      };
    };
  };

  return { begin, onOperation, onFault, storeCalls, close };
};

/** Low in number, as names of spans have to be: the method if it is a known one, and a path of ours. */
const nameOf = ({ method, route }: RequestHead): string => {
  const known = methods.has(method) ? method : 'HTTP';
  return route === null ? known : `${known} ${route}`;
};

/** Routes are exact, so that one is the path of the request too. A path we do not have may be anything: it is left out. */
const attributesOf = ({ method, route, scheme }: RequestHead): Attributes => ({
  'http.request.method': methods.has(method) ? method : '_OTHER',
  'url.scheme': scheme,
  ...(route === null ? {} : { 'http.route': route, 'url.path': route }),
});

/** A span that the surroundings have begun for this request already, else the caller's (W3C Trace Context §3.2). */
const parentOf = (traceparent: string | null): Context => {
  if (trace.getSpanContext(context.active())) return context.active();
  const remote = traceparent === null ? null : parseTraceParent(traceparent);
  return remote ? trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true }) : ROOT_CONTEXT;
};

const markFailed = (span: Span, type: string): void => {
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type);
};

/** How operations end by the server's own doing; a caller's mistake is no error of the server. */
const faults: ReadonlySet<string> = new Set(
  Object.entries(errorTable).flatMap(([code, { status }]) => (status >= 500 ? [code.toLowerCase()] : [])),
);
