import type { EpochMillis } from '../domain/clock.ts';
import { badInput } from '../domain/errors.ts';
import { isUuid } from '../domain/ids.ts';

/** The position of a row in the order of a connection: by time, then by id. */
export type Position = { readonly at: EpochMillis; readonly id: string };

/** A cursor is a position in the order, not a row number: a page stays right while rows come and go. */
const toCursor = ({ at, id }: Position): string => Buffer.from(`${at} ${id}`).toString('base64url');

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

type Page<Node> = {
  readonly nodes: readonly Node[];
  readonly hasNextPage: boolean;
  /** The cursor of the request. */
  readonly after: string | null | undefined;
  readonly positionOf: (node: Node) => Position;
};

/** Returns one page as a Relay connection. */
export const toConnection = <Node>({ nodes, hasNextPage, after, positionOf }: Page<Node>) => {
  const edges = nodes.map((node) => ({ cursor: toCursor(positionOf(node)), node }));
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
