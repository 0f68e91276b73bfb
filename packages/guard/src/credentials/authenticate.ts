import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { isSettled, type MaybePromise } from './maybe-promise.ts';

/**
 * One answer for a request from several ways of saying who one is. None present: absent. Exactly one: its answer, also a
 * bad one. More: ambiguous. Every authenticator is asked, so that their order never decides who somebody is.
 * Answers without a promise if all of them do; rejects if one of them cannot tell.
 *
 * @example
 * const authenticate = createAuthenticate([bearer({ verify, standing })]);
 * const authentication = await authenticate({ header: (name) => request.headers.get(name) });
 */
export const createAuthenticate =
  (authenticators: readonly Authenticator[]): Authenticator =>
  (source) => {
    const answers = authenticators.map((authenticator) => ask(authenticator, source));
    return answers.every(isSettled) ? combine(answers) : Promise.all(answers).then(combine);
  };

/** A throw becomes a rejection, so that it leaves no other answer's rejection unheard. */
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
