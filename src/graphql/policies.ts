import { hasScope, type Viewer, viewerOf } from '@fieldgate/guard';
import { hasRole, type Roles } from '../domain/role.ts';
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

/** Our functions that `@auth(policy:)` can name. */
export const createPolicies = (roles: Roles) => ({
  self: isSelf('account:read'),
  selfIdentities: isSelf('identities:read'),
  selfOrModerator: (user: User, _args: unknown, context: RequestContext): boolean =>
    context.newSession?.userId === user.id || isSelfOrModerator(roles, viewerOf(context), user),
});

/** By role, and within what the credential was granted: a key without `account:read` does not read its owner's email. */
export const isSelfOrModerator = (roles: Roles, viewer: Viewer, user: User): boolean => {
  if (viewer.kind !== 'account') return false;
  if (viewer.id === user.id && hasScope(viewer.scopes, 'account:read')) return true;
  return hasRole(roles, viewer.role, roles.moderator) && hasScope(viewer.scopes, 'users:read');
};
