import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { AppError, errorTable } from '../../domain/errors.ts';
import type { TracingSettings } from '../../domain/settings/tracing.ts';
import { type OnLost, openPipeline } from './pipeline.ts';

/**
 * Spans of requests. Every attribute is a constant of ours: none holds a path, query, operation name, variable or header that
 * a caller wrote. Of a caller's `traceparent` only the two ids and the flags are used.
 */
export type Tracing = {
  /** Starts the span of a request. */
  readonly begin: (head: RequestHead) => RequestTrace;
  /** Called within a request, with the GraphQL operation it held. */
  readonly onOperation: (kind: string, outcome: string) => void;
  /** Called within a request that failed by a fault of the server. */
  readonly onFault: () => void;
  /**
   * Returns a function that starts the span of one call of a store's method. It returns null outside a request, and in one
   * that is not sampled.
   */
  readonly storeCalls: (store: string, verb: string) => () => EndOfCall | null;
  /** Sends what is buffered, for a bounded time. */
  readonly close: () => Promise<void>;
};

export type RequestHead = {
  readonly method: string;
  /** A path of the server; null for any other. */
  readonly route: string | null;
  readonly scheme: 'http' | 'https';
  readonly traceparent: string | null;
};

export type RequestTrace = {
  readonly traceId: string;
  /** Runs code as part of the request. */
  readonly within: <Result>(run: () => Result) => Result;
  /** Takes the status that was sent; null if the client disconnected before. */
  readonly end: (status: number | null) => void;
};

/** Takes what was thrown, or null. */
export type EndOfCall = (error: unknown) => void;

type Current = { readonly span: Span; readonly context: Context };

/** The request that the running code is part of. */
type CurrentRequest = AsyncLocalStorage<Current>;

const methods: ReadonlySet<string> = new Set([
  ...['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE', 'QUERY'],
]);

/** Names follow OpenTelemetry's semantic conventions for HTTP and GraphQL; what these do not name is `fieldgate.*`. */
export const openTracing = (settings: TracingSettings, onLost: OnLost): Tracing => {
  const { tracer, close } = openPipeline(settings, onLost);
  const requests: CurrentRequest = new AsyncLocalStorage();
  return {
    begin: (head) => beginRequest(tracer, requests, head),
    onOperation: (kind, outcome) => {
      const span = requests.getStore()?.span;
      if (!span) return;
      if (kind !== 'none') span.setAttribute('graphql.operation.type', kind);
      span.setAttribute('fieldgate.graphql.outcome', outcome);
      if (faults.has(outcome)) markFailed(span, outcome);
    },
    onFault: () => {
      const span = requests.getStore()?.span;
      if (span) markFailed(span, 'internal_server_error');
    },
    storeCalls: (store, verb) => traceStoreCalls(tracer, requests, { store, verb }),
    close,
  };
};

const beginRequest = (tracer: Tracer, requests: CurrentRequest, head: RequestHead): RequestTrace => {
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

const traceStoreCalls = (
  tracer: Tracer,
  requests: CurrentRequest,
  { store, verb }: { readonly store: string; readonly verb: string },
): ReturnType<Tracing['storeCalls']> => {
  const options = { kind: SpanKind.INTERNAL, attributes: { 'fieldgate.store': store, 'fieldgate.store.verb': verb } };
  const name = `${store}.${verb}`;
  return () => {
    const request = requests.getStore();
    // Once a request is answered, what it left to be done later (events are written in batches) is no longer part of it.
    if (!request?.span.isRecording()) return null;
    const span = tracer.startSpan(name, options, request.context);
    return (error) => {
      if (error !== null) markFailed(span, error instanceof AppError ? error.code.toLowerCase() : 'fault');
      span.end();
    };
  };
};

/** Span names must be few: the method if it is a known one, and a path of ours. */
const nameOf = ({ method, route }: RequestHead): string => {
  const known = methods.has(method) ? method : 'HTTP';
  return route === null ? known : `${known} ${route}`;
};

/** A route matches exactly, so it is the path of the request too. Any other path is the caller's text: left out. */
const attributesOf = ({ method, route, scheme }: RequestHead): Attributes => ({
  'http.request.method': methods.has(method) ? method : '_OTHER',
  'url.scheme': scheme,
  ...(route === null ? {} : { 'http.route': route, 'url.path': route }),
});

/** The active span of an application that mounts this server, else the caller's (W3C Trace Context §3.2). */
const parentOf = (traceparent: string | null): Context => {
  if (trace.getSpanContext(context.active())) return context.active();
  const remote = traceparent === null ? null : parseTraceParent(traceparent);
  return remote ? trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true }) : ROOT_CONTEXT;
};

const markFailed = (span: Span, type: string): void => {
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type);
};

/** Outcomes that are a failure of the server, not of the caller. */
const faults: ReadonlySet<string> = new Set(
  Object.entries(errorTable).flatMap(([code, { status }]) => (status >= 500 ? [code.toLowerCase()] : [])),
);
