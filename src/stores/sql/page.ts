import type { Page } from '../../domain/page.ts';

/** Returns the page of a query that asked for one row more. */
export const toPage = <Row, Item>(rows: readonly Row[], first: number, toItem: (row: Row) => Item): Page<Item> => ({
  items: rows.slice(0, first).map(toItem),
  hasNextPage: rows.length > first,
});
