import type { UserId } from '@fieldgate/guard';
import { byCreation, type Page, type PageQuery, type Position } from '../../src/domain/page.ts';

type Row = { readonly createdAt: number; readonly id: string };

/** For lists that are shorter than a page. */
export const onePage: PageQuery = { first: 100, after: null };

/** All rows of a list, page by page. */
export const listAll = async <Item extends Row>(
  list: (query: PageQuery) => Promise<Page<Item>>,
  first = 100,
): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let after: Position | null = null;
  for (;;) {
    const page: Page<Item> = await list({ first, after });
    items.push(...page.items);
    const last = page.items.at(-1);
    if (!page.hasNextPage || !last) return items;
    after = byCreation(last);
  }
};

/** All rows of one account. */
export const allOf = <Item extends Row>(
  store: { readonly list: (owner: UserId, query: PageQuery) => Promise<Page<Item>> },
  owner: UserId,
): Promise<readonly Item[]> => listAll((query) => store.list(owner, query));

type Connection = { readonly edges: readonly { readonly node: unknown }[] };

/** The nodes of a connection in an answer. */
// biome-ignore lint/suspicious/noExplicitAny: tests read answers as they come; a wrong path fails the assertion.
export const nodesOf = ({ edges }: Connection): any[] => edges.map(({ node }) => node);
