import { batch } from '@fieldgate/guard';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineConfig } from '../../src/config/define-config.ts';
import { refuse } from '../../src/domain/refuse.ts';
import {
  adminEnv,
  type Grant,
  loginAsAdmin,
  newEmail,
  openServer,
  signup,
  type TestServer,
} from '../support/server.ts';

type Note = { readonly id: string; readonly ownerId: string; readonly text: string };

const notes: Note[] = [];
const contexts: object[] = [];
const batches: number[] = [];

const own = defineConfig({
  typeDefs: /* GraphQL */ `
    type Note {
      id: ID!
      text: String @auth(policy: "ownsNote")
      owner: User
      later: String
      method(times: Int = 2): String
      shared: String @auth(policy: "ownsEach")
    }
    extend type Query {
      notes: [Note!]! @auth
      everything: [Note!]! @auth(role: MODERATOR)
      motto: String! @public
      broken(how: String!): String @public
    }
    extend type User {
      notes: [Note!] @auth(policy: "self")
    }
    extend type Mutation {
      addNote(text: String!): Note! @auth
      keepNote(text: String!): String @auth(policy: "mayKeep(prefix: \\"keep\\")")
      breakNote: String @auth(policy: "hasBug")
      promote(id: ID!): User @auth
      promoteAsServer(id: ID!): User @auth
    }
    type Subscription {
      counted: String! @auth
    }
  `,
  resolvers: {
    Query: {
      notes: (_parent, _args, { all }) => all(),
      everything: (_parent, _args, { all }) => all(),
      motto: (_parent, _args, { resources, request }) => `${resources.motto} ${typeof request.id}`,
      broken: (_parent, { how }) => {
        if (how === 'refuse') throw refuse('OUT_OF_STOCK', 'Nothing is left.', { field: 'how' });
        if (how === 'return') return refuse('OUT_OF_STOCK', 'Nothing is left.');
        if (how === 'foreign')
          throw Object.assign(new Error('Bad.'), { name: 'GraphQLError', extensions: { code: 'MINE' } });
        throw new Error('a secret of the database');
      },
    },
    Note: { owner: ({ ownerId }, _args, { accounts }) => accounts.find(ownerId) },
    User: { notes: ({ id }) => notes.filter(({ ownerId }) => ownerId === id) },
    Subscription: {
      counted: {
        subscribe: async function* (_parent, _args, { viewer }) {
          yield { counted: `1 ${viewer.id}` };
        },
      },
    },
    Mutation: {
      addNote: (_parent, { text }, { viewer }) => {
        const note = { id: String(notes.length), ownerId: viewer.id, text };
        notes.push(note);
        return note;
      },
      keepNote: (_parent, { text }) => `kept ${text}`,
      breakNote: () => 'never',
      promote: (_parent, { id }, { accounts }) => accounts.setRole(id, 'MODERATOR'),
      promoteAsServer: (_parent, { id }, { accounts }) => accounts.asServer('a test').setRole(id, 'MODERATOR'),
    },
  },
  policies: {
    ownsEach: batch(async (parents: readonly Note[], _args, { viewer }: { viewer: { id?: string } }) => {
      batches.push(parents.length);
      return parents.map(({ ownerId }) => ownerId === viewer.id);
    }),
    mayKeep: async (_parent, { text }, { viewer, all }, { params }) =>
      viewer.kind === 'account' && Array.isArray(await all()) && String(text).startsWith(String(params['prefix'])),
    hasBug: () => {
      throw new TypeError('a bug in a policy');
    },
    ownsNote: (note, _args, { viewer }) => viewer.kind === 'account' && viewer.id === note.ownerId,
  },
  setup: async ({ env }) => ({
    motto: `hello ${env['WHO']}`,
  }),
  context: async ({ viewer, request }) => {
    if (request.header('x-fail') !== null) throw new Error('no context');
    const context = {
      all: async () =>
        notes.map((note) => ({
          ...note,
          later: Promise.resolve('soon'),
          method: ({ times }: { times: number }) => 'x'.repeat(times),
        })),
    };
    contexts.push(viewer);
    return context;
  },
});

describe('an API of your own', () => {
  let server: TestServer;
  let admin: Grant;
  beforeAll(async () => {
    server = await openServer({ ...adminEnv, WHO: 'world' }, { own });
    admin = await loginAsAdmin(server);
  });
  afterAll(() => server.stop());

  test('G12: policies of its mutations get its context, before anything of the mutation runs', async () => {
    const { accessToken: token } = await signup(server, newEmail());
    const before = [notes.length, contexts.length];
    const refused = await server.gql('mutation { addNote(text: "a") { id } keepNote(text: "lose it") }', { token });
    expect([refused.status, refused.codes, notes.length]).toEqual([403, ['FORBIDDEN POLICY'], before[0]]);
    const kept = await server.gql('mutation { keepNote(text: "keep it") }', { token });
    expect(kept.data).toEqual({ keepNote: 'kept keep it' });
    expect(contexts.length).toBe(Number(before[1]) + 2);
  });

  test('G14: a policy with a bug denies, and the log says which', async () => {
    const { accessToken: token } = await signup(server, newEmail());
    const refused = await server.gql('mutation { breakNote }', { token });
    expect([refused.status, refused.codes]).toEqual([403, ['FORBIDDEN POLICY']]);
    const line = server.logLines().find(({ policy }) => policy === 'hasBug');
    expect(line).toMatchObject({ coordinate: 'Mutation.breakNote', err: { message: 'a bug in a policy' } });
  });

  test('its fields are answered beside those of the server, guarded by the same rules', async () => {
    const [ada, bob] = [await signup(server, newEmail()), await signup(server, newEmail())];
    const add = 'mutation ($text: String!) { addNote(text: $text) { id text owner { id email } } }';
    const added = await server.gql(add, { token: ada.accessToken, variables: { text: 'hers' } });
    expect(added.data.addNote).toEqual({ id: '0', text: 'hers', owner: { id: ada.user.id, email: ada.user.email } });

    const query = '{ me { id } notes { text later method owner { id } } motto }';
    for (let run = 0; run < 6; run += 1) {
      const mine = await server.gql(query, { token: ada.accessToken });
      expect(mine.errors, String(run)).toBeUndefined();
      expect(mine.data, String(run)).toEqual({
        me: { id: ada.user.id },
        notes: [{ text: 'hers', later: 'soon', method: 'xx', owner: { id: ada.user.id } }],
        motto: 'hello world string',
      });
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const others = await server.gql(query, { token: bob.accessToken });
    expect(others.codes).toEqual(['FORBIDDEN POLICY']);
    expect(others.data.notes[0].text).toBeNull();
    expect((await server.gql('{ notes { id } }')).codes).toEqual(['UNAUTHENTICATED TOKEN_MISSING']);
    expect((await server.gql('{ everything { id } }', { token: bob.accessToken })).codes).toEqual(['FORBIDDEN ROLE']);
    expect((await server.gql('{ everything { id } }', { token: admin.accessToken })).data.everything).toHaveLength(1);
    const users = '{ users(first: 50) { edges { node { id notes { id } } } } }';
    expect((await server.gql(users, { token: admin.accessToken })).codes).toContain('FORBIDDEN POLICY');
    expect((await server.gql('{ me { notes { text } } }', { token: ada.accessToken })).data.me.notes).toEqual([
      { text: 'hers' },
    ]);
  });

  test('a batch of a policy is asked once for a list, with the context of its own', async () => {
    const [ada, bob] = [await signup(server, newEmail()), await signup(server, newEmail())];
    const add = 'mutation ($text: String!) { addNote(text: $text) { id } }';
    for (const { accessToken } of [ada, bob]) await server.gql(add, { token: accessToken, variables: { text: 'x' } });
    batches.length = 0;
    const { data, codes } = await server.gql('{ notes { shared } }', { token: bob.accessToken });
    expect(batches).toEqual([data.notes.length]);
    expect(new Set(codes)).toEqual(new Set(['FORBIDDEN POLICY']));
    expect(codes).toHaveLength(data.notes.length - 1);
  });

  test('the context is made once for an operation that selects one of its fields, and never for another or a refused one', async () => {
    contexts.length = 0;
    await server.gql('{ hello }');
    await server.gql('{ notes { id } }');
    expect(contexts).toEqual([]);
    await server.gql('{ a: motto b: motto }');
    expect(contexts).toHaveLength(1);
  });

  test('what it refuses reaches the client, what it throws is masked', async () => {
    const ask = (how: string) => server.gql('query ($how: String!) { broken(how: $how) }', { variables: { how } });
    for (let run = 0; run < 6; run += 1) {
      expect((await ask('refuse')).errors?.[0]?.extensions).toEqual({ code: 'OUT_OF_STOCK', field: 'how' });
      expect((await ask('return')).codes).toEqual(['OUT_OF_STOCK']);
      expect((await ask('foreign')).codes).toEqual(['MINE']);
      expect((await ask('throw')).codes).toEqual(['INTERNAL_SERVER_ERROR']);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test('accounts act with the rights of the caller, unless the code says that the server acts', async () => {
    const ada = await signup(server, newEmail());
    const promote = (field: string, token: string, selected = 'role') =>
      server.gql(`mutation ($id: ID!) { ${field}(id: $id) { id ${selected} } }`, {
        token,
        variables: { id: ada.user.id },
      });
    expect((await promote('promote', ada.accessToken)).codes).toEqual(['FORBIDDEN ROLE']);
    expect((await promote('promote', admin.accessToken)).data.promote.role).toBe('MODERATOR');
    const bob = await signup(server, newEmail());
    const asServer = 'mutation ($id: ID!) { promoteAsServer(id: $id) { name } }';
    const answer = await server.gql(asServer, { token: bob.accessToken, variables: { id: bob.user.id } });
    expect(answer.codes).toEqual([]);
    const events =
      '{ authEvents(filter: { types: ["role.changed"] }) { edges { node { actor { kind } userId metadata { name value } } } } }';
    const { data } = await server.gql(events, { token: admin.accessToken });
    expect(data.authEvents.edges.map(({ node }: { node: { actor: { kind: string } } }) => node.actor.kind)).toEqual([
      'server',
      'account',
    ]);
    expect(data.authEvents.edges[0].node.metadata).toContainEqual({ name: 'asServer', value: 'a test' });
  });

  test('a subscription streams, with the context of its own, to who may have it', async () => {
    const subscribe = async (token?: string) => {
      const response = await server.fetch('/graphql', {
        method: 'POST',
        headers: {
          ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query: 'subscription { counted }' }),
      });
      return response.text();
    };
    const ada = await signup(server, newEmail());
    expect(await subscribe(ada.accessToken)).toContain(`{"data":{"counted":"1 ${ada.user.id}"}}`);
    expect(await subscribe()).toContain('UNAUTHENTICATED');
  });

  test('where the context cannot be made, nothing runs, and the fields of the server are answered as ever', async () => {
    const ada = await signup(server, newEmail());
    const fail = { token: ada.accessToken, headers: { 'x-fail': 'yes' } };
    const before = notes.length;
    const answer = await server.gql('mutation { addNote(text: "never") { id } }', fail);
    expect([answer.codes, answer.data ?? null, notes.length]).toEqual([['INTERNAL_SERVER_ERROR'], null, before]);
    expect((await server.gql('{ me { id } }', fail)).data.me.id).toBe(ada.user.id);
  });
});
