import { type SessionId, viewerOf } from '@fieldgate/guard';
import { AppError } from '../domain/errors.ts';
import { type Actor, actorFor } from '../domain/event.ts';
import type { User } from '../domain/user.ts';
import type { AccountViewer } from '../domain/viewer.ts';
import type { StepUpCaller } from '../services/step-up.ts';
import type { RequestContext } from './context.ts';

/** Returns the signed-in account. Throws for any other caller, whom the guard should have denied already. */
export const callerOf = (context: RequestContext): AccountViewer => {
  const viewer = viewerOf<User>(context);
  if (viewer.kind === 'anonymous') throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_MISSING' });
  if (viewer.kind === 'service') throw new AppError('FORBIDDEN', { reason: 'ACCOUNT' });
  return viewer;
};

/** Returns the signed-in account as one that can prove again who they are. Throws as `callerOf` does. */
export const stepUpCallerOf = (context: RequestContext): StepUpCaller => {
  const { client, state } = context;
  return { viewer: callerOf(context), client, rateLimits: state.rateLimits };
};

/** Returns who acts in this request, in the form that events record. */
export const actorOf = (context: RequestContext): Actor => actorFor(viewerOf(context), context.client);

/** Returns the session that this operation started, else the one that the credential belongs to, else null. */
export const currentSessionOf = (context: RequestContext): SessionId | null => {
  if (context.newSession) return context.newSession.id;
  const viewer = viewerOf(context);
  return viewer.kind === 'account' ? viewer.sessionId : null;
};
