import { badInput } from '../domain/errors.ts';
import { isUuid, userId } from '../domain/ids.ts';
import type { User } from '../domain/user.ts';
import type { Accounts } from '../services/accounts.ts';

type AccountPage = Awaited<ReturnType<Accounts['list']>>;
type Cursor = Pick<Parameters<Accounts['list']>[0], 'after'>;

/** A cursor is where a row lies in the order, not a row number: a page stays right while rows come and go. */
const toCursor = (user: User): string => Buffer.from(`${user.createdAt} ${user.id}`).toString('base64url');

/** A cursor of ours, or BAD_USER_INPUT. */
export const parseCursor = (after: string | null | undefined): Cursor => {
  if (after === null || after === undefined) return {};
  const [createdAt, id] = Buffer.from(after, 'base64url').toString().split(' ');
  if (!createdAt || !/^\d{1,15}$/.test(createdAt) || !id || !isUuid(id)) {
    throw badInput('after', 'CURSOR_INVALID', 'This is no cursor of this connection.');
  }
  return { after: { createdAt: Number(createdAt), id: userId(id) } };
};

/** One page in the Relay form. */
export const toConnection = (page: AccountPage, after: string | null | undefined) => {
  const edges = page.users.map((node) => ({ cursor: toCursor(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};
