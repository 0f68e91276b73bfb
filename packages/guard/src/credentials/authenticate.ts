import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { isPromise, type MaybePromise } from '../domain/maybe-promise.ts';

/**
 * Combines several authenticators into one. No credential presented: absent. Exactly one: its result, accepted or rejected.
 * More than one: ambiguous. All of them are asked for every request, so their order never decides who the caller is.
 * Synchronous if all of them are; rejects if one of them cannot tell.
 *
 * @example
 * const authenticate = createAuthenticate([bearer({ verify: verifyToken, checkSession }), apiKey({ verify: verifyKey })]);
 * const authentication = await authenticate({ header: (name) => request.headers.get(name) });
 */
export const createAuthenticate =
  (authenticators: readonly Authenticator[]): Authenticator =>
  (source) => {
    const answers = authenticators.map((authenticator) => ask(authenticator, source));
    return answers.every(isSettled) ? combine(answers) : Promise.all(answers).then(combine);
  };

const isSettled = <Value>(value: MaybePromise<Value>): value is Value => !isPromise(value);

/** Turns a throw into a rejection: thrown from here, it would leave the rejections of other authenticators unhandled. */
const ask = (authenticator: Authenticator, source: CredentialSource): MaybePromise<Authentication> => {
  try {
    return authenticator(source);
  } catch (error) {
    return Promise.reject(error);
  }
};

const combine = (answers: readonly Authentication[]): Authentication => {
  const [first, second] = answers.filter(({ kind }) => kind !== 'absent');
  if (first === undefined) return { kind: 'absent' };
  return second === undefined ? first : { kind: 'ambiguous' };
};
