import { readCookie } from '@fieldgate/guard/server';
import { stringifySetCookie } from 'cookie';
import { isPlainLoopback } from '../../domain/loopback.ts';

const name = 'fieldgate-oauth-';
/** Part of the name, so that two tabs do not overwrite each other's cookie. It is not secret. */
const stateLength = 8;
/** When more sign-ins than this were started and not finished, they are dropped before their cookies fill the header. */
const maxPending = 5;

/** The cookies of pending sign-ins at providers, one each. */
export type FlowCookies = ReturnType<typeof createFlowCookies>;

/**
 * Always `Lax`: a provider sends the browser back from another site, where `Strict` would not send the cookie. With `__Host-`
 * neither another host nor an attacker on plain HTTP can set the cookie of a sign-in that this browser did not start; where the
 * issuer is plain HTTP on this machine, browsers differ in what they accept, and the prefix is left out.
 */
export const createFlowCookies = ({ issuer, lifetimeMs }: { readonly issuer: string; readonly lifetimeMs: number }) => {
  const secure = !isPlainLoopback(new URL(issuer));
  const prefix = `${secure ? '__Host-' : ''}${name}`;
  const cookieNameOf = (state: string): string => prefix + state.slice(0, stateLength);
  /** A name from a request is written back only if it can be ours: it may not be a valid cookie name at all. */
  const ours = new RegExp(`^${prefix}[\\w-]{${stateLength}}$`);
  const line = (cookieName: string, value: string, maxAge: number): string =>
    stringifySetCookie({ name: cookieName, value, maxAge, path: '/', httpOnly: true, secure, sameSite: 'lax' });

  return {
    /** Returns the cookie of this state; null if there is none, or more than one, since we set only one. */
    read: (request: Request, state: string): string | null => {
      const cookie = readCookie({ header: (name) => request.headers.get(name) }, cookieNameOf(state));
      return cookie.kind === 'value' ? cookie.value : null;
    },
    /** Returns `Set-Cookie` values. */
    keep: (request: Request, state: string, value: string): readonly string[] => {
      const pending = namesOf(request).filter((cookieName) => ours.test(cookieName));
      const dropped = pending.length < maxPending ? [] : pending.map((cookieName) => line(cookieName, '', 0));
      return [...dropped, line(cookieNameOf(state), value, lifetimeMs / 1000)];
    },
    clear: (state: string): string => line(cookieNameOf(state), '', 0),
  };
};

const namesOf = (request: Request): readonly string[] =>
  (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.replace(/^[ \t]+/, '').split('=', 1)[0] ?? '');
