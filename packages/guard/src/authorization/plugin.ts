import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { type CodedError, GuardError, type GuardErrorCode } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { acceptsAnything } from './accepts-anything.ts';
import { admit } from './admit.ts';
import type { Decision } from './decision.ts';
import { type ErrorExtensions, type Refusal, refusalError } from './errors.ts';
import { assertGuarded } from './guard.ts';
import { withViewer } from './viewer-context.ts';

export type FieldgateOptions = {
  /** Who asks. Called at most once per request, and only for operations with something guarded or optional in them. */
  readonly authenticate: Authenticator;
  /** Where clients that are refused learn who gives tokens for this API: a URL, told in `WWW-Authenticate` (RFC 9728 §5.1). */
  readonly resourceMetadata?: string;
  /** Where credentials are read, given the context of the operation. Left out: in the headers of the request. */
  readonly sourceOf?: (context: unknown) => CredentialSource;
  /**
   * Counts what may run against limits of whoever asks, before any of it does; an error refuses it. `fields` are the coordinates
   * of what is resolved at the root, one for each response key.
   */
  readonly charge?: (
    viewer: Viewer,
    fields: readonly string[],
    context: unknown,
  ) => CodedError | null | Promise<CodedError | null>;
  /** Sees every decision, for logs and metrics, with the context of the operation. */
  readonly onDecision?: (decision: Decision, context: unknown) => void;
};

/**
 * The gate in front of a schema made by `guardSchema`: decides each operation before any resolver runs, and puts the
 * verified viewer into its context (`viewerOf(context)`, `context.viewer`). The server does not start with a schema
 * whose rules would not be enforced.
 *
 * @example
 * const yoga = createYoga({ schema: guardSchema(schema), plugins: [useFieldgate({ authenticate })] });
 */
export const useFieldgate = ({
  authenticate,
  sourceOf = headersOf,
  charge,
  onDecision,
  resourceMetadata,
}: FieldgateOptions): Plugin => {
  const checked = new WeakSet<GraphQLSchema>();
  const refused = (refusal: Refusal) => ({ errors: [refusalError(refusal, resourceMetadata ?? null)] });
  const authenticateOnce = oncePerRequest(authenticate);

  const decide = (args: ExecutionArguments): Decision | Promise<Decision> => {
    const request = requestOf(args.contextValue);
    const decision = admit({
      schema: args.schema,
      document: args.document,
      operationName: args.operationName,
      variables: args.variableValues,
      source: sourceOf(args.contextValue),
      authenticate: request ? (source) => authenticateOnce(request, source) : authenticate,
      charge: charge && ((viewer, fields) => charge(viewer, fields, args.contextValue)),
    });
    return whenSettled(decision, (settled) => {
      onDecision?.(settled, args.contextValue);
      return settled;
    });
  };

  return {
    onSchemaChange({ schema }) {
      if (!checked.has(schema)) {
        assertGuarded(schema);
        checked.add(schema);
      }
    },
    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      return whenSettled(decide(args), (decision) => {
        if (decision.kind === 'refuse') {
          return setResultAndStopExecution(refused(decision));
        }
        // The context is taken when it is used, so that what later plugins add to it is in it.
        setExecuteFn((last) => executeFn({ ...last, contextValue: withViewer(last.contextValue, decision.viewer) }));
      });
    },
    onSubscribe({ args, subscribeFn, setSubscribeFn, setResultAndStopExecution }) {
      return whenSettled(decide(args), (decision) => {
        if (decision.kind === 'refuse') {
          return setResultAndStopExecution(refused(decision));
        }
        setSubscribeFn((last) =>
          subscribeFn({ ...last, contextValue: withViewer(last.contextValue, decision.viewer) }),
        );
        return {
          onSubscribeResult: ({ result, setResult }) => {
            const refusal = denialIn(result);
            if (refusal) setResult(refused(refusal));
          },
        };
      });
    },
    onResultProcess({ request, result, resultProcessor, setResultProcessor }) {
      if (resultProcessor && isWholeAnswer(result) && acceptsAnything(request.headers.get('accept'))) {
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

/** As the hooks hand them over. */
type ExecutionArguments = {
  readonly schema: GraphQLSchema;
  readonly document: Parameters<typeof admit>[0]['document'];
  readonly operationName?: string | null;
  readonly variableValues?: unknown;
  readonly contextValue?: unknown;
};

/** A batch is several operations of one request: each is decided by itself, the credential is verified once. */
const oncePerRequest = (authenticate: Authenticator) => {
  const known = new WeakMap<Request, Authentication | Promise<Authentication>>();
  return (request: Request, source: CredentialSource): Authentication | Promise<Authentication> => {
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

/**
 * A subscription that a policy turned down, or could not decide, has no stream, only errors: it is a refusal like those
 * decided before it.
 */
const denialIn = (result: unknown): Refusal | null => {
  const errors = isAsyncIterable(result) ? [] : ((result as { errors?: readonly GraphQLError[] }).errors ?? []);
  const { message, extensions } = errors.find((error) => isDenial(error.extensions)) ?? {};
  if (extensions === undefined) return null;
  const { code, ...details } = extensions as ErrorExtensions & { readonly code: GuardErrorCode };
  return { error: new GuardError(code, details, message), presented: true };
};

const isDenial = ({ code }: Readonly<Record<string, unknown>>): boolean =>
  code === 'FORBIDDEN' || code === 'SERVICE_UNAVAILABLE';

const isAsyncIterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** An answer that is nothing but an error: nothing was executed, or nothing came of it and its error has a status. */
const isWholeAnswer = (result: unknown): boolean => {
  if (typeof result !== 'object' || result === null || isAsyncIterable(result)) return false;
  const { data, errors = [] } = result as { readonly data?: unknown; readonly errors?: readonly GraphQLError[] };
  return data === undefined || (data === null && errors.some(({ extensions }) => extensions['http'] !== undefined));
};

const whenSettled = <T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> =>
  value instanceof Promise ? value.then(next) : next(value);
