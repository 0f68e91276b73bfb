import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';

/**
 * Combines several authenticators into one. No credential presented: absent. Exactly one: its result, accepted or rejected.
 * More than one: ambiguous. All of them are asked for every request, so their order never decides who the caller is.
 * Synchronous if all of them are; rejects if one of them cannot tell.
 *
 * @example
 * const tokens = bearer({ verify: verifyToken, checkSession, checkServiceToken: null });
 * const authenticate = createAuthenticate([tokens, apiKey({ verify: verifyKey })]);
 * const authentication = await authenticate({ header: (name) => request.headers.get(name) });
 */
export const createAuthenticate =
  (authenticators: readonly Authenticator[]): Authenticator =>
  (source) => {
    let presented: Authentication = { kind: 'absent' };
    const pending: Promise<Authentication>[] = [];
    for (const authenticator of authenticators) {
      const answer = ask(authenticator, source);
      if (isPromise(answer)) pending.push(answer);
      else presented = combine(presented, answer);
    }
    return pending.length === 0
      ? presented
      : Promise.all(pending).then((answers) => answers.reduce(combine, presented));
  };

/** Turns a throw into a rejection: thrown from here, it would leave the rejections of other authenticators unhandled. */
const ask = (authenticator: Authenticator, source: CredentialSource): MaybePromise<Authentication> => {
  try {
    return authenticator(source);
  } catch (error) {
    return Promise.reject(error);
  }
};

const combine = (one: Authentication, other: Authentication): Authentication => {
  if (other.kind === 'absent') return one;
  return one.kind === 'absent' ? other : { kind: 'ambiguous' };
};
