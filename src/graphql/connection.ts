import type { EpochMillis } from '../domain/clock.ts';
import { badInput } from '../domain/errors.ts';
import { isUuid } from '../domain/ids.ts';

/** Where a row lies in the order of a connection: by time, then by id. */
export type Position = { readonly at: EpochMillis; readonly id: string };

/** A cursor is where a row lies in the order, not a row number: a page stays right while rows come and go. */
const toCursor = ({ at, id }: Position): string => Buffer.from(`${at} ${id}`).toString('base64url');

/** A cursor of ours, null where none is given, or BAD_USER_INPUT. */
export const parseCursor = (after: string | null | undefined): Position | null => {
  if (after === null || after === undefined) return null;
  const [at, id] = Buffer.from(after, 'base64url').toString().split(' ');
  if (!at || !/^\d{1,15}$/.test(at) || !id || !isUuid(id)) {
    throw badInput('after', 'CURSOR_INVALID', 'This is no cursor of this connection.');
  }
  return { at: Number(at), id };
};

type Page<Node> = {
  readonly nodes: readonly Node[];
  readonly hasNextPage: boolean;
  /** The cursor that was asked with. */
  readonly after: string | null | undefined;
  readonly positionOf: (node: Node) => Position;
};

/** One page in the Relay form. */
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
