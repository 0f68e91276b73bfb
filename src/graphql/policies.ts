import { hasScope, type Viewer, viewerOf } from '@fieldgate/guard';
import { hasRole, isRole } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { RequestContext } from './context.ts';

/** Whether the account is the caller's, or that of the session that this operation started. */
const isSelf =
  (scope: string) =>
  (user: User, _args: unknown, context: RequestContext): boolean => {
    if (context.newSession?.userId === user.id) return true;
    const viewer = viewerOf(context);
    return viewer.kind === 'account' && viewer.id === user.id && hasScope(viewer.scopes, scope);
  };

/** The functions that `@auth(policy:)` can name. */
export const policies = {
  self: isSelf('account:read'),
  selfIdentities: isSelf('identities:read'),
  selfOrModerator: (user: User, _args: unknown, context: RequestContext): boolean =>
    context.newSession?.userId === user.id || isSelfOrModerator(viewerOf(context), user),
};

/** By role, and within what the credential was granted: a key without `account:read` does not read its owner's email. */
const isSelfOrModerator = (viewer: Viewer, user: User): boolean => {
  if (viewer.kind !== 'account') return false;
  if (viewer.id === user.id && hasScope(viewer.scopes, 'account:read')) return true;
  return isRole(viewer.role) && hasRole(viewer.role, 'MODERATOR') && hasScope(viewer.scopes, 'users:read');
};
