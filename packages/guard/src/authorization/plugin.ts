import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { CodedError, GuardError, type GuardErrorCode } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { acceptsAnything } from './accepts-anything.ts';
import { admit, type Operation } from './admit.ts';
import type { Decision } from './decision.ts';
import { type ErrorExtensions, type Refusal, refusalError, toGraphQLError } from './errors.ts';
import { callTold, type OnFault } from './faults.ts';
import { assertGuarded } from './guard.ts';
import { type RunAsOptions, runAs } from './run-as.ts';

export type FieldgateOptions = {
  /** Called at most once per request, and only for operations that select something guarded or optional. */
  readonly authenticate: Authenticator;
  /** The URL sent in `WWW-Authenticate` where refused clients learn which server issues tokens for this API (RFC 9728 §5.1). */
  readonly resourceMetadata?: string;
  /** Returns where to read credentials, from the context of the operation. Default: the headers of `context.request`. */
  readonly sourceOf?: (context: unknown) => CredentialSource;
  /**
   * Counts an operation against the rate limits of its caller. Called last, for an operation that may run and before any of
   * it does; an error that is returned refuses it. `fields`: coordinates of the root fields, one for each response key.
   */
  readonly consume?: (viewer: Viewer, fields: readonly string[], context: unknown) => MaybePromise<CodedError | null>;
  /** Called with every decision and the context of its operation, for logs and metrics. */
  readonly onDecision?: (decision: Decision, context: unknown) => void;
  /** The property of the context that shows the viewer: see `runAs`. Default: `viewer`; null for none. */
  readonly contextKey?: string | null;
  /** Is told what the embedder should mend. Default: `console.error`. */
  readonly onFault?: OnFault;
};

/**
 * Returns a Yoga plugin for a schema made by `guardSchema`. It decides each operation before any resolver runs and binds the
 * verified viewer to the context of those that run (`viewerOf(context)`, `context.viewer`). Throws `SchemaRulesError` when
 * the server is created with a schema whose rules would not be enforced.
 *
 * @example
 * const yoga = createYoga({ schema: guardSchema(schema), plugins: [useFieldgate({ authenticate })] });
 */
export const useFieldgate = (options: FieldgateOptions): Plugin => {
  const decide = createDecide(options);
  const refused = (refusal: Refusal) => ({ errors: [refusalError(refusal, options.resourceMetadata ?? null)] });
  return {
    onSchemaChange: createSchemaCheck(),
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) =>
      handleMaybePromise(
        () => decide(args),
        (decision) => {
          if (decision.kind === 'refuse') return setResultAndStopExecution(refused(decision));
          setExecuteFn(asViewer(executeFn, decision.viewer, options));
        },
      ),
    onSubscribe: ({ args, subscribeFn, setSubscribeFn, setResultAndStopExecution }) =>
      handleMaybePromise(
        () => decide(args),
        (decision) => {
          if (decision.kind === 'refuse') return setResultAndStopExecution(refused(decision));
          setSubscribeFn(asViewer(subscribeFn, decision.viewer, options));
          return {
            onSubscribeResult: ({ result, setResult }) => {
              const refusal = denialIn(result);
              if (refusal) setResult(refused(refusal));
            },
          };
        },
      ),
    onResultProcess({ request, result, resultProcessor, setResultProcessor }) {
      if (resultProcessor && isErrorOnly(result) && acceptsAnything(request.headers.get('accept'))) {
        setResultProcessor(resultProcessor, 'application/graphql-response+json');
      }
    },
    onResponse({ response }) {
      if (response && !response.headers.has('cache-control')) {
        response.headers.set('cache-control', 'no-store');
      }
    },
  };
};

/** Checks each schema once: Yoga reports the same one again and again. */
const createSchemaCheck = () => {
  const checked = new WeakSet<GraphQLSchema>();
  return ({ schema }: { readonly schema: GraphQLSchema }): void => {
    if (!checked.has(schema)) {
      assertGuarded(schema);
      checked.add(schema);
    }
  };
};

type ExecutionArgs = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: unknown;
  readonly contextValue?: unknown;
  readonly rootValue?: unknown;
};

const createDecide = (options: FieldgateOptions) => {
  const { authenticate, sourceOf = headersOf, consume, onDecision, contextKey, onFault } = options;
  const authenticateOnce = oncePerRequest(authenticate);
  return (args: ExecutionArgs): MaybePromise<Decision> => {
    const request = requestOf(args.contextValue);
    const operation: Operation = {
      schema: args.schema,
      document: args.document,
      operationName: args.operationName,
      variables: args.variableValues,
      contextValue: args.contextValue,
      rootValue: args.rootValue,
      contextKey,
      source: sourceOf(args.contextValue),
      authenticate: request ? (source) => authenticateOnce(request, source) : authenticate,
      consume: consume && ((viewer, fields) => consume(viewer, fields, args.contextValue)),
    };
    return handleMaybePromise(
      () => admit(operation),
      (decision) => {
        const { contextValue: context } = args;
        if (onDecision) callTold(() => onDecision(decision, context), { name: 'onDecision', onFault, context });
        return decision;
      },
    );
  };
};

/** Binds the viewer to the context when the operation is executed: it is the object that later plugins may have replaced. */
const asViewer =
  <Args extends { contextValue?: object | null }, Result>(
    run: (args: Args) => Result,
    viewer: Viewer,
    options: RunAsOptions,
  ) =>
  (args: Args): Result | { readonly errors: readonly GraphQLError[] } => {
    try {
      return runAs(args.contextValue, viewer, options, (contextValue) => run({ ...args, contextValue }));
    } catch (error) {
      if (error instanceof CodedError) return { errors: [toGraphQLError(error)] };
      throw error;
    }
  };

/** The operations of a batch are decided one by one, and the credential of their request is verified once. */
const oncePerRequest = (authenticate: Authenticator) => {
  const known = new WeakMap<Request, MaybePromise<Authentication>>();
  return (request: Request, source: CredentialSource): MaybePromise<Authentication> => {
    const authentication = known.get(request) ?? authenticate(source);
    known.set(request, authentication);
    return authentication;
  };
};

const requestOf = (context: unknown): Request | null =>
  (context as { readonly request?: Request } | null | undefined)?.request ?? null;

const headersOf = (context: unknown): CredentialSource => ({
  header: (name) => requestOf(context)?.headers.get(name) ?? null,
});

/** A subscription that a policy denied has errors instead of a stream: it is refused like one that was decided before. */
const denialIn = (result: unknown): Refusal | null => {
  const errors = isAsyncIterable(result) ? [] : ((result as { errors?: readonly GraphQLError[] }).errors ?? []);
  const { message, extensions } = errors.find((error) => isDenial(error.extensions)) ?? {};
  if (extensions === undefined) return null;
  const { code, ...details } = extensions as ErrorExtensions & { readonly code: GuardErrorCode };
  return { error: new GuardError(code, details, message), presented: true };
};

const isDenial = ({ code }: Readonly<Record<string, unknown>>): boolean =>
  code === 'FORBIDDEN' || code === 'STEP_UP_REQUIRED' || code === 'SERVICE_UNAVAILABLE';

const isAsyncIterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** Returns whether a result consists of errors only: nothing was executed, or its data is null and an error has a status. */
const isErrorOnly = (result: unknown): boolean => {
  if (typeof result !== 'object' || result === null || isAsyncIterable(result)) return false;
  const { data, errors = [] } = result as { readonly data?: unknown; readonly errors?: readonly GraphQLError[] };
  return data === undefined || (data === null && errors.some(({ extensions }) => extensions['http'] !== undefined));
};
