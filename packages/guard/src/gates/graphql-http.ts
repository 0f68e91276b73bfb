import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { execute } from 'graphql';
import { refusalHttp } from '../authorization/errors.ts';
import { createGate, refusalOf } from './gate.ts';
import { refusalMediaType, refusalStatus } from './media-type.ts';
import type { GateOptions } from './options.ts';
import { connectionSource, headerOf } from './sources.ts';

/** What the gate reads of graphql-http's `Request`. */
type HttpRequest = { readonly headers: unknown };

type HttpResponse = readonly [
  string,
  { readonly status: number; readonly statusText: string; readonly headers: Record<string, string> },
];

/** Options of graphql-http's `createHandler`. */
export type GraphqlHttpGate = {
  readonly execute: (args: ExecutionArgs) => ExecutionResult;
  readonly onOperation: (
    request: HttpRequest,
    args: ExecutionArgs,
    result: unknown,
  ) => Promise<ExecutionResult | HttpResponse>;
};

/** Stands for the result until the gate, which is told of the request only afterwards, has decided and executed. */
const notExecuted: ExecutionResult = Object.freeze({});

/**
 * Returns the options of graphql-http's `createHandler` that decide each operation before any resolver runs: spread them last. Refusals
 * have status, media type and `WWW-Authenticate`.
 *
 * @example
 * const handler = createHandler({ schema, ...fieldgateForGraphqlHttp({ authenticate }) });
 */
export const fieldgateForGraphqlHttp = (options: GateOptions): GraphqlHttpGate => {
  const gate = createGate(options);
  return {
    execute: () => notExecuted,
    onOperation: async (request, args, placeholder) => {
      // Executed already, by an `execute` that was set after the gate's: it was not decided, and is not answered.
      if (placeholder !== notExecuted)
        throw new TypeError('The options of fieldgateForGraphqlHttp must be the last ones.');
      const source = options.sourceOf ? undefined : connectionSource(undefined, request);
      const run = (contextValue: object) => execute({ ...args, contextValue });
      const result = await gate.execute(args, run, { source, request });
      const refusal = refusalOf(result);
      if (refusal === null) return result;
      const mediaType = refusalMediaType(headerOf(request.headers, 'accept'));
      const { status, headers } = refusalHttp(refusal, options.resourceMetadata ?? null);
      return [
        JSON.stringify(result),
        {
          status: refusalStatus(status, mediaType),
          statusText: '',
          headers: { ...headers, 'content-type': `${mediaType}; charset=utf-8` },
        },
      ];
    },
  };
};
