import { hasScope, type Viewer, viewerOf } from '@fieldgate/guard';
import { hasRole, isRole } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { RequestContext } from './context.ts';

/** The functions that `@auth(policy:)` can name. */
export const policies = {
  selfOrModerator: (user: User, _args: unknown, context: RequestContext): boolean =>
    context.newSession?.userId === user.id || isSelfOrModerator(viewerOf(context), user),
};

/** By role, and within what the credential was granted: a key without `account:read` does not read its owner's email. */
const isSelfOrModerator = (viewer: Viewer, user: User): boolean => {
  if (viewer.kind !== 'account') return false;
  if (viewer.id === user.id && hasScope(viewer.scopes, 'account:read')) return true;
  return isRole(viewer.role) && hasRole(viewer.role, 'MODERATOR') && hasScope(viewer.scopes, 'users:read');
};
