import type { MaybePromise } from '@whatwg-node/promise-helpers';
import { type OnFault, tellFault } from '../authorization/faults.ts';
import type { Authentication, RejectionReason } from '../domain/authentication.ts';
import type { SessionStatus } from '../domain/session-status.ts';
import type { ApiKeyClaims, ApiKeyVerification, BasicAccount, BearerClaims, BearerVerification } from './claims.ts';

/**
 * The one place where answers of the embedder's functions are read. The types say what they may be, but not to JavaScript, nor
 * to an `any` from a database: `false`, an unresolved query or a string of scopes would let callers in who must stay out.
 */

/** Throws a `NotUnderstood` for a value that is none of its type. */
type Parse<Value> = (value: unknown) => Value;

class NotUnderstood extends Error {}

export type AnswerOptions<Value, Result> = {
  /** What was called: `verify`. */
  readonly name: string;
  readonly parse: Parse<Value>;
  readonly onFault: OnFault | undefined;
  /** The result for an answer that is not understood. */
  readonly otherwise: Result;
};

/**
 * Returns what `use` makes of an answer that has the shape it must have; `otherwise`, and a fault is reported, for any other.
 * Thenables are awaited. Throws what `use` throws, rejects with what the answer rejects with.
 */
export const useAnswer = <Value, Result>(
  answer: unknown,
  options: AnswerOptions<Value, Result>,
  use: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> => {
  if (isThenable(answer)) return Promise.resolve(answer).then((settled) => useSettled(settled, options, use));
  return useSettled(answer, options, use);
};

const useSettled = <Value, Result>(
  answer: unknown,
  { name, parse, onFault, otherwise }: AnswerOptions<Value, Result>,
  use: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> => {
  let value: Value;
  try {
    value = parse(answer);
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    tellFault(onFault, { message: `${name} returned something that is not understood: ${error.message}.` }, undefined);
    return otherwise;
  }
  return use(value);
};

/** Returns whether `await` would call the value: promises, and query builders of the database libraries. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  'then' in value &&
  typeof value.then === 'function';

type Properties = Readonly<Record<string, unknown>>;

const misses = (what: string): never => {
  throw new NotUnderstood(what);
};

const object = (value: unknown, what: string): Properties =>
  typeof value === 'object' && value !== null ? (value as Properties) : misses(`${what} must be an object`);

const text = (value: unknown, what: string): string =>
  typeof value === 'string' && value !== '' ? value : misses(`${what} must be a non-empty string`);

const texts = (value: unknown, what: string): readonly string[] => {
  if (!Array.isArray(value)) return misses(`${what} must be an array of strings`);
  for (const each of value) text(each, `each of ${what}`);
  return value;
};

/** The year 5138 in seconds: what is larger counts milliseconds, and would outlive everything. */
const maxSeconds = 100_000_000_000;

const seconds = (value: unknown, what: string): number | null => {
  if (value === null || (typeof value === 'number' && Number.isFinite(value) && value < maxSeconds)) return value;
  return misses(`${what} must be seconds since 1970, or null`);
};

const version = (value: unknown, what: string): void => {
  if (value !== undefined && typeof value !== 'number') misses(`${what} must be a number, or left out`);
};

/** For `true` and `false`. Any other value is neither. */
export const parseBoolean = (value: unknown): boolean =>
  typeof value === 'boolean' ? value : misses('it must be true or false');

const holder = (claims: Properties): void => {
  text(claims['userId'], 'userId');
  text(claims['role'], 'role');
  texts(claims['scopes'], 'scopes');
};

export const parseBasicAccount = (value: unknown): BasicAccount | null => {
  if (value === null) return null;
  holder(object(value, 'an account that is not null'));
  return value as BasicAccount;
};

const reasons: readonly unknown[] = ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_STALE', 'TOKEN_REVOKED', 'ORIGIN'];

/** Only these two kinds exist: a third one, with claims in it, is not `valid`. */
const verification = (value: unknown, checkClaims: (claims: Properties) => void): unknown => {
  const { kind, claims, reason } = object(value, 'it');
  if (kind === 'valid') checkClaims(object(claims, 'claims'));
  else if (kind !== 'invalid') misses('kind must be "valid" or "invalid"');
  else if (!reasons.includes(reason)) misses('reason must be one of the reasons of a rejection');
  return value;
};

const checkApiKeyClaims = (claims: Properties): void => {
  text(claims['keyId'], 'keyId');
  holder(claims);
  seconds(claims['expiresAt'], 'expiresAt');
};

export const parseApiKeyVerification = (value: unknown): ApiKeyVerification =>
  verification(value, checkApiKeyClaims) as ApiKeyVerification & { readonly claims: ApiKeyClaims };

/** When and how the holder proved who they are, if that is said. */
const proof = ({ authTime, amr }: Properties): void => {
  if (authTime !== undefined && !(typeof authTime === 'number' && Number.isFinite(authTime))) {
    misses('authTime must be a number of seconds');
  }
  if (amr !== undefined) texts(amr, 'amr');
};

const checkBearerClaims = (claims: Properties): void => {
  const { kind, sessionId } = claims;
  seconds(claims['expiresAt'], 'expiresAt');
  if (kind === 'service') {
    text(claims['clientId'], 'clientId');
    text(claims['tokenId'], 'tokenId');
    texts(claims['scopes'], 'scopes');
    return;
  }
  if (kind !== undefined && kind !== 'account') misses('claims.kind must be "account", "service", or left out');
  holder(claims);
  if (sessionId !== null) text(sessionId, 'a sessionId that is not null');
  version(claims['accountVersion'], 'accountVersion');
  proof(claims);
};

export const parseBearerVerification = (value: unknown): BearerVerification =>
  verification(value, checkBearerClaims) as BearerVerification & { readonly claims: BearerClaims };

export const parseSessionStatus = (value: unknown): SessionStatus => {
  const { kind, role, accountVersion } = object(value, 'a session status');
  if (kind === 'live') text(role, 'role');
  else if (kind !== 'ended') misses('kind must be "live" or "ended"');
  version(accountVersion, 'accountVersion');
  return value as SessionStatus;
};

const checkViewer = (viewer: Properties): void => {
  const { kind, id, role, scopes, expiresAt, sessionId } = viewer;
  if (kind !== 'account' && kind !== 'service') misses('viewer.kind must be "account" or "service"');
  text(id, 'viewer.id');
  texts(scopes, 'viewer.scopes');
  seconds(expiresAt, 'viewer.expiresAt');
  if (kind === 'service') return;
  text(role, 'viewer.role');
  if (sessionId !== null) text(sessionId, 'a viewer.sessionId that is not null');
  proof(viewer);
};

/** Returns the result of an authenticator. Throws a TypeError for anything else: a bug, which is masked, and nothing runs. */
export const parseAuthentication = (value: unknown): Authentication => {
  try {
    const { kind, viewer, reason } = object(value, 'it');
    if (kind === 'accepted') checkViewer(object(viewer, 'viewer') satisfies Properties);
    else if (kind === 'rejected' && !reasons.includes(reason)) misses('reason must be a reason of a rejection');
    else if (kind !== 'absent' && kind !== 'rejected' && kind !== 'ambiguous')
      misses('kind is not one of an Authentication');
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    throw new TypeError(`authenticate returned something that is not understood: ${error.message}.`);
  }
  return value as Authentication;
};

export const rejected = (reason: RejectionReason): Authentication => ({ kind: 'rejected', reason });
