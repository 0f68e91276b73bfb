import { GuardError } from '../domain/errors.ts';
import type { AccountViewer } from '../domain/viewer.ts';
import { viewerOf } from '../domain/viewer-binding.ts';
import { toGraphQLError } from './errors.ts';

/**
 * Returns the account that calls this operation, for resolvers behind `@auth`. Throws a GraphQL error for any other caller:
 * `UNAUTHENTICATED` for an anonymous one, `FORBIDDEN` with the reason `ACCOUNT` for a service.
 *
 * @example
 * const myOrders = (_parent: unknown, _args: unknown, context: unknown) => orders.byOwner(requireAccount(context).id);
 */
export const requireAccount = <Account = unknown>(context: unknown): AccountViewer<Account> => {
  const viewer = viewerOf<Account>(context);
  switch (viewer.kind) {
    case 'account':
      return viewer;
    case 'anonymous':
      throw toGraphQLError(new GuardError('UNAUTHENTICATED', { reason: 'TOKEN_MISSING' }));
    case 'service':
      throw toGraphQLError(new GuardError('FORBIDDEN', { reason: 'ACCOUNT' }));
  }
};
