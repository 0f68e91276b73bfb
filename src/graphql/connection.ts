import { byCreation, formatCursor, type Page, type PageQuery, type Position, parseCursor } from '../domain/page.ts';

type ConnectionPage<Node> = {
  readonly nodes: readonly Node[];
  readonly hasNextPage: boolean;
  /** The cursor of the request. */
  readonly after: string | null | undefined;
  readonly positionOf: (node: Node) => Position;
};

/** Returns one page as a Relay connection. */
export const toConnection = <Node>({ nodes, hasNextPage, after, positionOf }: ConnectionPage<Node>) => {
  const edges = nodes.map((node) => ({ cursor: formatCursor(positionOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};

type PageArguments = { readonly first?: number | null; readonly after?: string | null };

/** Lists one page of things that are ordered by their creation, as a Relay connection. */
export const listConnection = async <Node extends Parameters<typeof byCreation>[0]>(
  { first, after }: PageArguments,
  list: (query: PageQuery) => Promise<Page<Node>>,
) => {
  const { items, hasNextPage } = await list({ first: first ?? 20, after: parseCursor(after) });
  return toConnection({ nodes: items, hasNextPage, after, positionOf: byCreation });
};
