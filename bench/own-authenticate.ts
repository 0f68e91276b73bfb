import type { Authenticator, BearerOptions } from '@fieldgate/guard';
import jwt from 'jsonwebtoken';
import { secretKey } from './data.ts';
import type { Guard } from './from-ours.ts';

type Claims = { readonly sub: string; readonly sid: string; readonly role: string; readonly exp: number };

/** What an embedder hands to the guard: jsonwebtoken (HS256) on each request, and sessions that all live. */
export const createOwnAuthenticate = ({ bearer, createAuthenticate, sessionId, userId }: Guard): Authenticator => {
  const verify: BearerOptions['verify'] = (token) => {
    const { sub, sid, role, exp }: Claims = Object(jwt.verify(token, secretKey, { algorithms: ['HS256'] }));
    return {
      kind: 'valid',
      claims: { userId: userId(sub), sessionId: sessionId(sid), role, scopes: [], expiresAt: exp as never },
    };
  };
  const checkSession: BearerOptions['checkSession'] = () => ({ kind: 'live', role: 'USER' });
  // Versions before the workspaces call it `standing`.
  const options = { verify, checkSession, standing: checkSession };
  return createAuthenticate([bearer(options)]);
};
