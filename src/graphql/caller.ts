import { type SessionId, viewerOf } from '@fieldgate/guard';
import { AppError } from '../domain/errors.ts';
import { type Actor, actorFor } from '../domain/event.ts';
import type { User } from '../domain/user.ts';
import type { AccountViewer } from '../domain/viewer.ts';
import type { RequestContext } from './context.ts';

/** The signed-in caller. The guard has let nobody else through; should it ever not have, nothing is done for them. */
export const callerOf = (context: RequestContext): AccountViewer => {
  const viewer = viewerOf<User>(context);
  if (viewer.kind === 'anonymous') throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_MISSING' });
  if (viewer.kind === 'service') throw new AppError('FORBIDDEN', { reason: 'ACCOUNT' });
  return viewer;
};

/** Who acts in this request, as events say it. */
export const actorOf = (context: RequestContext): Actor => actorFor(viewerOf(context), context.client);

/** The session of this very request: the one it has just begun, else the one its credential belongs to, if any. */
export const currentSessionOf = (context: RequestContext): SessionId | null => {
  if (context.newSession) return context.newSession.id;
  const viewer = viewerOf(context);
  return viewer.kind === 'account' ? viewer.sessionId : null;
};
