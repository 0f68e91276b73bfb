import { expect } from 'vitest';
import type { GraphQLAnswer, GraphQLOptions, TestServer } from './server.ts';

export const accept = { accept: 'application/graphql-response+json' };

/** Ten points an hour, for the address that a test names. */
export const tenPoints = { TRUSTED_PROXIES: 'loopback', RATE_LIMIT: '10/1h', BASIC_AUTH: 'on' };

/** What is compared of an answer. */
export const shown = ({ status, codes }: GraphQLAnswer) => [status, codes];
export const refused = [429, ['RATE_LIMITED']];

let texts = 0;
/** Valid, of so many bytes, and not seen before. */
export const newText = (bytes = 1) => `{ hello } # ${++texts}`.padEnd(bytes, '.');
/** So many bytes that do not parse. */
export const broken = (bytes = 1) => '{'.padEnd(bytes, ' ');

let addresses = 0;
export const newAddress = () => ({ 'x-forwarded-for': `198.51.100.${++addresses}` });

export const ask = (server: TestServer, query: string, headers: Record<string, string>, options: GraphQLOptions = {}) =>
  server.gql(query, { ...options, headers: { ...accept, ...headers } });

/** Consumes all ten points of an address. */
export const exhaust = async (server: TestServer, headers: Record<string, string>): Promise<void> => {
  expect((await ask(server, broken(10 * 1024), headers)).status).toBe(400);
};
