import type { Clock } from '../../domain/clock.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { SqlDatabase } from './database.ts';
import { isLive } from './session-rows.ts';

/** Returns `SessionStore.authenticationAge`: one read. */
export const sessionAuthenticationAge =
  ({ kysely }: SqlDatabase, clock: Clock): SessionStore['authenticationAge'] =>
  async (userId, sessionId) => {
    const now = clock();
    const row = await kysely
      .selectFrom('sessions')
      .select('authenticated_at')
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .where(isLive(now))
      .executeTakeFirst();
    return row === undefined ? null : now - row.authenticated_at;
  };
