import { viewerOf } from '../authorization/viewer-context.ts';
import { hasRole, isRole } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { RequestContext } from './context.ts';

/** The named functions that `@auth(policy:)` may speak of. */
export const policies = {
  selfOrModerator: (user: User, _args: unknown, context: RequestContext): boolean =>
    context.signedIn?.userId === user.id || isSelfOrModerator(viewerOf(context), user),
};

const isSelfOrModerator = (viewer: Viewer, user: User): boolean =>
  viewer.kind === 'account' && (viewer.id === user.id || (isRole(viewer.role) && hasRole(viewer.role, 'MODERATOR')));
