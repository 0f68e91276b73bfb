import type { UserId } from '@fieldgate/guard/core';
import type { SessionStore } from '../ports/session-store.ts';
import { isStorable, readNumber, writeSessionId } from './encoding.ts';
import type { Scripts } from './scripts.ts';
import type { VerifiedReads } from './verified-reads.ts';

type AuthenticationAgeDeps = {
  readonly run: Scripts['run'];
  readonly read: VerifiedReads['read'];
  readonly key: (userId: UserId) => string;
};

/** Returns `SessionStore.authenticationAge`, by the clock of Redis. */
export const createAuthenticationAge =
  ({ run, read, key }: AuthenticationAgeDeps): SessionStore['authenticationAge'] =>
  async (userId, sessionId) => {
    if (!isStorable(userId, sessionId)) return null;
    const [age] = await read(() => run('authentication-age', key(userId), [writeSessionId(sessionId)]));
    return age === undefined ? null : readNumber(age);
  };
