import { useFieldgate } from '@fieldgate/guard/yoga';
import { createYoga } from 'graphql-yoga';
import { describeGate } from './cases.ts';
import { type GraphQLAnswer, httpClient, type Start } from './fixture.ts';

const start: Start = (schema, options, context) => {
  const yoga = createYoga({
    schema,
    logging: false,
    batching: true,
    ...(context && { context }),
    plugins: [useFieldgate(options)],
  });
  const url = 'http://localhost/graphql';
  return {
    ...httpClient((init) => yoga.fetch(url, init)),
    stream: async ({ token, ...body }) => {
      const response = await yoga.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, event = '']): GraphQLAnswer => JSON.parse(event));
    },
  };
};

describeGate('Yoga', start, { http: true, mediaType: true, sharesContext: false });
