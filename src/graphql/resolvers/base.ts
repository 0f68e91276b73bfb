import { GraphQLError, GraphQLScalarType } from 'graphql';
import { parseDateTime } from '../../domain/date-time.ts';
import type { Resolvers } from '../generated/resolvers.ts';

const notADateTime =
  'This is not a DateTime. Use RFC 3339 with an offset and a date that exists, for example 2026-11-22T12:00:00.000Z.';

/** Epoch milliseconds inside, RFC 3339 outside. */
const dateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description: 'A point in time, RFC 3339. Responses have it in UTC with milliseconds: 2026-11-22T12:00:00.000Z.',
  serialize: (value) => new Date(Number(value)).toISOString(),
  parseValue: (value) => {
    const time = typeof value === 'string' ? parseDateTime(value) : null;
    if (time === null) throw new GraphQLError(notADateTime);
    return time;
  },
});

export const baseResolvers: Resolvers = {
  DateTime: dateTime,
  Query: {
    hello: () => 'Hello from Fieldgate.',
  },
};
