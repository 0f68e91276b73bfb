import { GraphQLError, GraphQLScalarType } from 'graphql';
import type { Resolvers } from '../generated/resolvers.ts';

/** Epoch milliseconds inside, RFC 3339 outside. */
const dateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description: 'A moment in time, RFC 3339 in UTC with milliseconds: 2026-11-22T12:00:00.000Z',
  serialize: (value) => new Date(Number(value)).toISOString(),
  parseValue: (value) => {
    const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms))
      throw new GraphQLError('This is not a DateTime. Use RFC 3339, for example 2026-11-22T12:00:00.000Z.');
    return ms;
  },
});

export const baseResolvers: Resolvers = {
  DateTime: dateTime,
  Query: {
    hello: () => 'Hello from Fieldgate.',
  },
};
