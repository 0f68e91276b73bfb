import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { Decision } from '../authorization/decision.ts';
import type { OnFault } from '../authorization/faults.ts';
import type { Authenticator, CredentialSource } from '../domain/authentication.ts';
import type { CodedError } from '../domain/errors.ts';
import type { SignedInViewer, Viewer } from '../domain/viewer.ts';

/** Why a stream that was allowed is ended while it runs. */
export type EndReason = 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' | 'TOKEN_STALE';

/** The options of every gate. */
export type GateOptions = {
  /** Called at most once per request, and only for operations that select something guarded or optional. */
  readonly authenticate: Authenticator;
  /**
   * Returns where to read credentials, from the context of the operation. Default: what `connection_init` of a WebSocket names;
   * without it the headers of the request that the context keeps (`request`, `req`, `extra.request`, `reply.request`).
   */
  readonly sourceOf?: ((context: unknown) => CredentialSource) | undefined;
  /**
   * Counts an operation against the rate limits of its caller. Called last, for an operation that may run and before any of
   * it does; an error that is returned refuses it. `fields`: coordinates of the root fields, one for each response key.
   */
  readonly consume?:
    | ((viewer: Viewer, fields: readonly string[], context: unknown) => MaybePromise<CodedError | null>)
    | undefined;
  /** The URL sent in `WWW-Authenticate` where refused clients learn which server issues tokens for this API (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined;
  /** The property of the context that shows the viewer to resolvers; null for none. Default: `viewer`. */
  readonly contextKey?: string | null | undefined;
  /** Called with every decision and the context of its operation, for logs and metrics. */
  readonly onDecision?: ((decision: Decision, context: unknown) => void) | undefined;
  /** Called with bugs of this program, which callers see as INTERNAL_SERVER_ERROR only. Default: `console.error`. */
  readonly onFault?: OnFault | undefined;
  /**
   * After how many seconds the credential of a running stream is verified again, and so on. Default: never; a stream ends at the
   * viewer's `expiresAt` in any case. One whose credential cannot be verified ends with SERVICE_UNAVAILABLE.
   */
  readonly recheckSeconds?: number | undefined;
  /** Called when a stream begins: call `end` when its viewer's session ends. Returns what to call when the stream is over. */
  readonly watchSession?: ((viewer: SignedInViewer, end: (reason: EndReason) => void) => () => void) | undefined;
};

/** Throws TypeError for options that would open or break a gate, when it is made and not at the first request. */
export const checkOptions = (options: GateOptions): void => {
  const given: Readonly<Record<string, unknown>> = { ...options };
  const misses = (name: string, what: string): never => {
    throw new TypeError(`The option ${name} of the gate must be ${what}.`);
  };
  if (typeof given['authenticate'] !== 'function') misses('authenticate', 'a function, such as bearer(…) returns');
  for (const name of ['sourceOf', 'consume', 'onDecision', 'onFault', 'watchSession']) {
    if (given[name] !== undefined && typeof given[name] !== 'function') misses(name, 'a function');
  }
  const { recheckSeconds, resourceMetadata } = options;
  if (recheckSeconds !== undefined && !(recheckSeconds > 0)) misses('recheckSeconds', 'a number above 0');
  if (resourceMetadata !== undefined && !URL.canParse(resourceMetadata)) misses('resourceMetadata', 'a URL');
};
