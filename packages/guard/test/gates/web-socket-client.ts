import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { GraphQLAnswer, Sent } from './fixture.ts';

/** Returns a client that sends each operation over a socket of its own. A refusal is one event. */
export const webSocketClient =
  (url: string) =>
  async ({ token, query, operationName, variables }: Sent): Promise<readonly GraphQLAnswer[]> => {
    const client = createClient({
      url,
      webSocketImpl: headersSocket(token),
      retryAttempts: 0,
    });
    const events: GraphQLAnswer[] = [];
    const payload = { query, ...(operationName !== undefined && { operationName }), ...(variables && { variables }) };
    await new Promise<void>((resolve, reject) => {
      client.subscribe(payload, {
        next: (event) => events.push(event as GraphQLAnswer),
        error: (error) => {
          if (Array.isArray(error)) events.push({ errors: error });
          else if (error instanceof Error || 'code' in Object(error)) return reject(error);
          resolve();
        },
        complete: resolve,
      });
    });
    await client.dispose();
    return events;
  };

/** A WebSocket whose upgrade request has the token: without connection parameters it decides. */
const headersSocket = (token: string | undefined) =>
  class extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) } });
    }
  };
