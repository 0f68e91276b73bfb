import { readCookie } from '@fieldgate/guard/server';
import { stringifySetCookie } from 'cookie';
import { isPlainLoopback } from '../../domain/loopback.ts';

const name = 'fieldgate-oauth-';
/** Part of the name, so that two tabs do not take each other's cookie. It is no secret. */
const stateLength = 8;
/** More sign-ins than this that were begun and never came back are given up, before they fill the header. */
const mostAtOnce = 5;

/** The cookies that sign-ins at providers are kept in, one for each that is under way. */
export type FlowCookies = ReturnType<typeof createFlowCookies>;

/**
 * `Lax`, always: a provider sends the browser back from another site, and `Strict` would leave the cookie at home. With
 * `__Host-` no other host, and nobody on plain HTTP, can slip a browser the cookie of a sign-in it did not begin; where the issuer is
 * plain HTTP on this machine, browsers differ in what they take, and the prefix is left out.
 */
export const createFlowCookies = ({ issuer, lifetimeMs }: { readonly issuer: string; readonly lifetimeMs: number }) => {
  const secure = !isPlainLoopback(new URL(issuer));
  const prefix = `${secure ? '__Host-' : ''}${name}`;
  const nameOf = (state: string): string => prefix + state.slice(0, stateLength);
  /** What a request calls so is not written back unless it could be ours: it may be no name of a cookie at all. */
  const ours = new RegExp(`^${prefix}[\\w-]{${stateLength}}$`);
  const line = (cookieName: string, value: string, maxAge: number): string =>
    stringifySetCookie({ name: cookieName, value, maxAge, path: '/', httpOnly: true, secure, sameSite: 'lax' });

  return {
    /** What the browser keeps for this state; null if it keeps nothing, or two things, of which one is not ours. */
    read: (request: Request, state: string): string | null => {
      const cookie = readCookie({ header: (name) => request.headers.get(name) }, nameOf(state));
      return cookie.kind === 'value' ? cookie.value : null;
    },
    /** `Set-Cookie` values. */
    keep: (request: Request, state: string, value: string): readonly string[] => {
      const left = namesOf(request).filter((cookieName) => ours.test(cookieName));
      const givenUp = left.length < mostAtOnce ? [] : left.map((cookieName) => line(cookieName, '', 0));
      return [...givenUp, line(nameOf(state), value, lifetimeMs / 1000)];
    },
    clear: (state: string): string => line(nameOf(state), '', 0),
  };
};

const namesOf = (request: Request): readonly string[] =>
  (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.replace(/^[ \t]+/, '').split('=', 1)[0] ?? '');
