/** Yoga without authentication. BODY_LIMIT=off: without its limit on bodies, its largest single cost. */
import { createSchema, createYoga } from 'graphql-yoga';
import { resolvers, typeDefs } from '../data.ts';
import { listen } from './listen.ts';

listen(
  createYoga({
    schema: createSchema({ typeDefs: typeDefs(), resolvers }),
    logging: 'warn',
    ...(process.env['BODY_LIMIT'] === 'off' && { maxRequestBodySize: false }),
  }),
);
