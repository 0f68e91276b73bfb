import { setTimeout as pause } from 'node:timers/promises';
import { type Authenticator, type GateOptions, GuardError, viewerOf } from '@fieldgate/guard';
import type { GraphQLSchema } from 'graphql';
import { schemaOf, viewerNamed } from '../authorization/fixture.ts';

export const secretValue = 'SECRET_VALUE';

const typeDefs = /* GraphQL */ `
  type Thing { id: ID! secret: String @auth(role: ADMIN) }
  type Query {
    hello: String! @public
    thing: Thing @public
    maybe: String @auth(optional: true)
    admin: String @auth(role: ADMIN)
    promote: String @auth(optional: true)
    whoami(ms: Int = 0): Who @auth(optional: true)
    mine: String @auth(policy: "never")
  }
  type Who { id: String! again: String! admin: String @auth(role: ADMIN) }
  type Mutation { login: String @public write: String @auth(role: ADMIN) rename: String @auth }
  type Subscription {
    ticks(count: Int = 2): Int @auth
    open: Int @public
    things: Thing @public
    own: Int @auth(policy: "never")
  }
`;

export const idOf = (context: unknown): string => {
  const viewer = viewerOf(context);
  return viewer.kind === 'anonymous' ? 'anonymous' : viewer.id;
};

/** Does what a careless resolver does to the viewer that it is shown. */
const promote = (context: { viewer?: object }): string => {
  const admin = viewerNamed('admin');
  for (const attempt of [
    () => Object.assign(viewerOf(context), admin),
    () => Object.assign(context.viewer ?? {}, admin),
    () => Object.assign(context, { viewer: admin }),
  ]) {
    try {
      attempt();
    } catch {
      // Frozen, or without setter.
    }
  }
  return 'promoted';
};

export type Sample = { readonly schema: GraphQLSchema; readonly ran: string[]; readonly state: { closed: number } };

/** A schema for all gates, and the log of what ran. */
export const createSample = (): Sample => {
  const ran: string[] = [];
  const state = { closed: 0 };
  const says = (name: string, value: unknown) => () => {
    ran.push(name);
    return value;
  };
  const schema = schemaOf(
    typeDefs,
    {
      Query: {
        hello: () => 'hello',
        thing: () => ({ id: '1' }),
        maybe: (_: unknown, __: unknown, context: unknown) => idOf(context),
        admin: says('admin', secretValue),
        mine: says('mine', secretValue),
        promote: (_: unknown, __: unknown, context: { viewer?: object }) => promote(context),
        whoami: async (_: unknown, { ms }: { ms: number }, context: unknown) => {
          await pause(ms);
          return { id: idOf(context) };
        },
      },
      Who: {
        again: async (_: unknown, __: unknown, context: unknown) => {
          await pause(2);
          return idOf(context);
        },
        admin: (_: unknown, __: unknown, context: unknown) => idOf(context),
      },
      Thing: { secret: says('secret', secretValue) },
      Mutation: { login: says('login', 'ok'), write: says('write', secretValue), rename: says('rename', 'renamed') },
      Subscription: {
        ticks: {
          subscribe: (_: unknown, { count }: { count: number }) => source(ran, state, 'ticks', count),
          resolve: ({ n }: { n: number }) => n,
        },
        open: { subscribe: () => source(ran, state, 'open', 1), resolve: ({ n }: { n: number }) => n },
        things: { subscribe: () => source(ran, state, 'things', 1), resolve: () => ({ id: '1' }) },
        own: { subscribe: () => source(ran, state, 'own', 1) },
      },
    },
    { never: () => false },
  );
  return { schema, ran, state };
};

/** Events: all at once, and then none, as of a quiet topic, if more than 100 are asked for. */
const source = (ran: string[], state: { closed: number }, name: string, count: number) => {
  ran.push(name);
  let n = 0;
  let wake: () => void = () => undefined;
  const iterator = {
    next: async () => {
      n += 1;
      if (n > 100) await new Promise<void>((resolve) => (wake = resolve));
      return n > count ? { done: true, value: undefined } : { done: false, value: { n } };
    },
    return: async () => {
      state.closed += 1;
      n = Number.POSITIVE_INFINITY;
      wake();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
};

/** `Bearer expires@<seconds since 1970>` is a user's token until then; `Bearer slow-user7` one that takes a moment. */
export const authenticate: Authenticator = (from) => {
  const token = /^Bearer (.+)$/.exec(from.header('authorization') ?? '')?.[1];
  if (token === undefined) return { kind: 'absent' };
  if (token === 'two') return { kind: 'ambiguous' };
  if (token === 'down') throw new GuardError('SERVICE_UNAVAILABLE', { retryAfter: 7 });
  if (token === 'bug') throw new Error(secretValue);
  if (token === 'expired') return { kind: 'rejected', reason: 'TOKEN_EXPIRED' };
  if (token.startsWith('expires@')) {
    return { kind: 'accepted', viewer: { ...viewerNamed('user'), expiresAt: Number(token.slice('expires@'.length)) } };
  }
  const viewer = viewerNamed(token.replace('slow-', ''));
  const accepted = { kind: 'accepted', viewer } as const;
  return token.startsWith('slow-') ? pause(Math.random() * 4).then(() => accepted) : accepted;
};

export type Sent = {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly token?: string | undefined;
  readonly accept?: string;
};

export type GraphQLAnswer = {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
};

/** `status` and the headers are undefined where the gate has none to give. */
export type Got = GraphQLAnswer & {
  readonly status?: number;
  readonly challenge?: string | null;
  readonly retryAfter?: string | null;
  readonly mediaType?: string | null;
  readonly text?: string;
};

/** A server with the gate under test. */
export type Served = {
  readonly send: (sent: Sent) => Promise<Got>;
  /** Sends several operations in one request. */
  readonly sendBatch?: (sent: readonly Sent[], token?: string) => Promise<readonly GraphQLAnswer[]>;
  /** Collects the events of a subscription until it completes. A refusal is one event. */
  readonly stream?: (sent: Sent) => Promise<readonly GraphQLAnswer[]>;
  readonly close?: () => Promise<unknown>;
};

export type Start = (
  schema: GraphQLSchema,
  options: GateOptions,
  context?: (() => object) | undefined,
) => Promise<Served> | Served;

export const codesOf = ({ errors = [] }: GraphQLAnswer): readonly string[] =>
  errors.map(({ extensions = {} }) =>
    extensions['reason'] === undefined ? String(extensions['code']) : `${extensions['code']}/${extensions['reason']}`,
  );

/** Reads an HTTP response. */
export const gotFrom = async (response: Response): Promise<Got> => {
  const text = await response.text();
  return {
    ...JSON.parse(text),
    text,
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
    mediaType: response.headers.get('content-type')?.split(';')[0] ?? null,
  };
};

export const graphqlAccept = 'application/graphql-response+json';

/** Returns a client of a GraphQL endpoint over HTTP. */
export const httpClient = (
  fetchIt: (init: RequestInit) => Promise<Response> | Response,
): Required<Pick<Served, 'send' | 'sendBatch'>> => {
  const post = async (body: unknown, token: string | undefined, accept: string) =>
    fetchIt({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  return {
    send: async ({ token, accept = graphqlAccept, ...body }) => gotFrom(await post(body, token, accept)),
    sendBatch: async (sent, token) => (await post(sent, token, 'application/json')).json(),
  };
};
