import { type CredentialSource, createOriginCheck, type OriginCheck } from '@fieldgate/guard';
import { readCookie } from '@fieldgate/guard/server';
import { stringifySetCookie } from 'cookie';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import { isPlainLoopback } from '../domain/loopback.ts';

/** The tokens in the cookies of a request, not verified. */
export type CookieTokens = { readonly accessToken: string | null; readonly refreshToken: string | null };

/** The two cookies that carry a session's tokens. */
export type SessionCookies = {
  readonly accessName: string;
  readonly mayUseCookies: OriginCheck;
  /** Returns the access token that this request may use, not verified; null if there is none. */
  readonly accessTokenIn: (source: CredentialSource) => string | null;
  /** Absent: neither cookie is there. Ambiguous: one of them twice. Does not check `mayUseCookies`. */
  readonly read: (
    source: CredentialSource,
  ) => { readonly kind: 'absent' } | { readonly kind: 'ambiguous' } | ({ readonly kind: 'tokens' } & CookieTokens);
  /** `Set-Cookie` values that keep both tokens until the session ends. */
  readonly keep: (tokens: {
    readonly accessToken: string;
    readonly refreshToken: string;
    readonly sessionExpiresAt: EpochMillis;
  }) => readonly string[];
  /** `Set-Cookie` values that remove both. */
  readonly clear: readonly string[];
};

type Options = {
  /** The URL at which browsers reach this server. */
  readonly issuer: string;
  /** Other origins whose pages may use the cookies. */
  readonly corsOrigins: readonly string[];
  readonly clock: Clock;
};

/**
 * `HttpOnly; Secure; SameSite=Lax; Path=/` under names that start with `__Host-`: browsers then accept them from
 * this host only, over TLS only. `Secure` and the prefix are left out where the issuer is plain HTTP on loopback, since not every
 * client would store them there; nothing in a request decides that.
 *
 * Both are kept as long as the session could be refreshed. A cookie that vanished together with
 * the access token would leave clients with TOKEN_MISSING (sign in) instead of TOKEN_EXPIRED (refresh).
 */
export const createSessionCookies = ({ issuer, corsOrigins, clock }: Options): SessionCookies => {
  const secure = !isPlainLoopback(new URL(issuer));
  const prefix = secure ? '__Host-' : '';
  const accessName = `${prefix}fieldgate-access`;
  const refreshName = `${prefix}fieldgate-refresh`;
  const line = (name: string, value: string, maxAge: number): string =>
    stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure, sameSite: 'lax' });

  const mayUseCookies = createOriginCheck([new URL(issuer).origin, ...corsOrigins]);

  return {
    accessName,
    mayUseCookies,
    accessTokenIn: (source) => {
      const access = readCookie(source, accessName);
      return access.kind === 'value' && mayUseCookies(source) ? access.value : null;
    },
    read: (source) => {
      const access = readCookie(source, accessName);
      const refresh = readCookie(source, refreshName);
      if (access.kind === 'ambiguous' || refresh.kind === 'ambiguous') return { kind: 'ambiguous' };
      if (access.kind === 'absent' && refresh.kind === 'absent') return { kind: 'absent' };
      return {
        kind: 'tokens',
        accessToken: access.kind === 'value' ? access.value : null,
        refreshToken: refresh.kind === 'value' ? refresh.value : null,
      };
    },
    keep: ({ accessToken, refreshToken, sessionExpiresAt }) => {
      const maxAge = Math.max(1, Math.ceil((sessionExpiresAt - clock()) / 1000));
      return [line(accessName, accessToken, maxAge), line(refreshName, refreshToken, maxAge)];
    },
    clear: [line(accessName, '', 0), line(refreshName, '', 0)],
  };
};
