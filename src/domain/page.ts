import type { EpochMillis } from './clock.ts';
import { badInput } from './errors.ts';
import { isUuid } from './ids.ts';

/** The position of a row in a list: by time, then by id. */
export type Position = { readonly at: EpochMillis; readonly id: string };

/** A part of a list: at most `first` rows after a position, or from the beginning. */
export type PageQuery = { readonly first: number; readonly after: Position | null };

export type Page<Item> = { readonly items: readonly Item[]; readonly hasNextPage: boolean };

/** The largest page of every list. */
export const maxPageSize = 100;

/** Returns the query if its size is allowed. Errors: BAD_USER_INPUT (first). */
export const checkPage = (query: PageQuery): PageQuery => {
  if (query.first >= 1 && query.first <= maxPageSize) return query;
  throw badInput('first', 'OUT_OF_RANGE', `The page size is out of range. Ask for 1 to ${maxPageSize}.`);
};

/** The position of what was created at a time. */
export const byCreation = ({ createdAt, id }: { readonly createdAt: EpochMillis; readonly id: string }): Position => ({
  at: createdAt,
  id,
});

/** A cursor is a position in the order, not a row number: a page stays right while rows come and go. */
export const formatCursor = ({ at, id }: Position): string => Buffer.from(`${at} ${id}`).toString('base64url');

/** Returns the position of a cursor, null where none is given. Errors: BAD_USER_INPUT. */
export const parseCursor = (after: string | null | undefined): Position | null => {
  if (after === null || after === undefined) return null;
  const [at, id] = Buffer.from(after, 'base64url').toString().split(' ');
  if (!at || !/^\d{1,15}$/.test(at) || !id || !isUuid(id)) {
    throw badInput(
      'after',
      'CURSOR_INVALID',
      'The cursor is not one of this connection. Take it from `pageInfo` or an edge.',
    );
  }
  return { at: Number(at), id };
};

/** Returns the cursor of the next page of things listed by their creation, null on the last page. */
export const nextCursor = (page: Page<{ readonly createdAt: EpochMillis; readonly id: string }>): string | null => {
  const last = page.hasNextPage ? page.items.at(-1) : undefined;
  return last ? formatCursor(byCreation(last)) : null;
};
