import { type CredentialSource, execute, refusalHttp, refusalOf, subscribe } from '@fieldgate/guard';
import { getOperationAST, parse } from 'graphql';
import { describeGate } from './cases.ts';
import type { Got, GraphQLAnswer, Sent, Start } from './fixture.ts';

const sourceFor = (token: string | undefined): CredentialSource => ({
  header: (name) => (name === 'authorization' && token !== undefined ? `Bearer ${token}` : null),
});

const toJson = (result: unknown): GraphQLAnswer => JSON.parse(JSON.stringify(result));

const start: Start = (schema, options, context) => {
  const argsOf = ({ query, operationName, variables = {}, token }: Sent) => ({
    ...options,
    schema,
    document: parse(query),
    operationName,
    variableValues: variables,
    contextValue: context?.(),
    source: sourceFor(token),
  });
  return {
    send: async (sent): Promise<Got> => {
      const result = await execute(argsOf(sent));
      const refusal = refusalOf(result);
      const http = refusal && refusalHttp(refusal);
      return {
        ...toJson(result),
        status: http?.status ?? 200,
        challenge: http?.headers['www-authenticate'] ?? null,
        retryAfter: http?.headers['retry-after'] ?? null,
      };
    },
    stream: async (sent) => {
      const args = argsOf(sent);
      if (getOperationAST(args.document)?.operation !== 'subscription') throw new Error('Not a subscription.');
      const result = await subscribe(args);
      if (!(Symbol.asyncIterator in result)) return [toJson(result)];
      const events: GraphQLAnswer[] = [];
      for await (const event of result) events.push(toJson(event));
      return events;
    },
  };
};

describeGate('graphql itself', start, { http: true, sharesContext: true });
