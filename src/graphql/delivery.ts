import { otherOrigin } from '@fieldgate/guard/core';
import { AppError, badInput } from '../domain/errors.ts';
import type { IssuedTokens } from '../services/sessions.ts';
import { noCookies, type RequestContext } from './context.ts';
import type { OnRefusal } from './refusal-log.ts';
import type { CookieTokens, SessionCookies } from './session-cookies.ts';

/** The tokens that the answer to a sign-in shows: null where cookies carry them. */
export type DeliveredTokens = Omit<IssuedTokens, 'accessToken' | 'refreshToken'> & {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
};

type Deliver = (tokens: IssuedTokens) => DeliveredTokens;

export type Delivery = ReturnType<typeof createDelivery>;

/**
 * Hands tokens to their owner, in the body or in cookies, and reads them back from cookies. `cookies` is null where
 * SESSION_COOKIES is off; `onRefusal` is called for pages that may not use them.
 */
export const createDelivery = (cookies: SessionCookies | null, onRefusal: OnRefusal) => {
  const requireOrigin = ({ mayUseCookies }: SessionCookies, context: RequestContext): void => {
    if (mayUseCookies(context)) return;
    const error = otherOrigin();
    onRefusal({ error, presented: false }, context);
    throw error;
  };

  const toBody =
    (context: RequestContext): Deliver =>
    (tokens) => {
      context.newSession = tokens.session;
      return tokens;
    };

  /** Returns what hands out the tokens of a sign-in. Throws what `toCookies` throws. */
  const prepare = (wanted: 'BODY' | 'COOKIE' = 'BODY', context: RequestContext): Deliver =>
    wanted === 'COOKIE' ? toCookies(context, 'delivery') : toBody(context);

  /**
   * Returns what hands out tokens as cookies. Call it before anything is done, and in public mutations too: a page that
   * signs its visitor in to the attacker's account is a forgery as well (login CSRF). Errors: BAD_USER_INPUT, FORBIDDEN.
   */
  const toCookies = (context: RequestContext, field: string): Deliver => {
    const { keep } = requireCookies(context, field);
    return (tokens) => {
      const { accessToken, refreshToken, session } = tokens;
      context.newSession = session;
      context.state.setCookies = keep({ accessToken, refreshToken, sessionExpiresAt: session.expiresAt });
      return { ...tokens, accessToken: null, refreshToken: null };
    };
  };

  const requireCookies = (context: RequestContext, field: string): SessionCookies => {
    if (!cookies) throw badInput(field, 'COOKIES_OFF', 'SESSION_COOKIES is off on this server. Use delivery: BODY.');
    requireOrigin(cookies, context);
    return cookies;
  };

  /** Returns the tokens in the cookies of a request; null if there are none. Errors: FORBIDDEN, AMBIGUOUS_CREDENTIALS. */
  const fromCookies = (context: RequestContext): CookieTokens | null => {
    const presented = cookies?.read(context);
    if (!cookies || !presented || presented.kind === 'absent') return null;
    requireOrigin(cookies, context);
    if (presented.kind === 'ambiguous') throw new AppError('AMBIGUOUS_CREDENTIALS');
    return presented;
  };

  const clear = (context: RequestContext): void => {
    context.state.setCookies = cookies?.clear ?? noCookies;
  };

  return { prepare, toCookies, fromCookies, clear };
};
