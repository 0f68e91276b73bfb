import type { AuthEvent } from '../../domain/event.ts';
import { type Position, parseCursor } from '../../domain/page.ts';
import type { Accounts } from '../../services/accounts.ts';
import type { Events } from '../../services/events.ts';
import { callerOf } from '../caller.ts';
import { toConnection } from '../connection.ts';
import type { AuthEventFilter, Resolvers } from '../generated/resolvers.ts';

export const createEventResolvers = (events: Events, accounts: Accounts): Resolvers => ({
  Query: {
    securityEvents: async (_root, { first, after }, context) => {
      const page = await events.listOwn(callerOf(context).id, pageOf(first ?? 20, after));
      return toConnection({ nodes: page.events, hasNextPage: page.hasNextPage, after, positionOf });
    },
    authEvents: async (_root, { first, after, filter }) => {
      const page = await events.search(searchOf(filter ?? {}), pageOf(first ?? 50, after));
      return toConnection({ nodes: page.events, hasNextPage: page.hasNextPage, after, positionOf });
    },
  },
  AuthEvent: {
    outcome: ({ outcome }) => (outcome === 'success' ? 'SUCCESS' : 'FAILURE'),
    user: ({ userId }) => (userId === null ? null : accounts.find(userId)),
    metadata: ({ metadata }) => Object.entries(metadata).map(([name, value]) => ({ name, value: String(value) })),
  },
});

const positionOf = ({ time, id }: AuthEvent): Position => ({ at: time, id });

const pageOf = (first: number, after: string | null | undefined) => {
  const position = parseCursor(after);
  return { first, after: position ? { time: position.at, id: position.id } : undefined };
};

const searchOf = ({ types, userId, outcome, ip, since, until }: AuthEventFilter) => ({
  types: types ?? undefined,
  userId: userId ?? undefined,
  outcome: outcome ? outcomes[outcome] : undefined,
  ip: ip ?? undefined,
  since: since ?? undefined,
  until: until ?? undefined,
});

const outcomes = { SUCCESS: 'success', FAILURE: 'failure' } as const;
