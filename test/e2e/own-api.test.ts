import { describe, expect } from 'vitest';
import { defineConfig } from '../../src/config/define-config.ts';
import { refuse } from '../../src/domain/refuse.ts';
import { adminEnv, newEmail, signup, testWithServer } from '../support/server.ts';

type Note = { readonly id: string; readonly ownerId: string; readonly text: string };

const notes: Note[] = [];
const contexts: object[] = [];
const closed: string[] = [];

const own = defineConfig({
  typeDefs: /* GraphQL */ `
    type Note {
      id: ID!
      text: String @auth(policy: "ownsNote")
      owner: User
      later: String
      method(times: Int = 2): String
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
      promote(id: ID!): User @auth
      promoteAsServer(id: ID!): User @auth
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
        throw new Error('a secret of the database');
      },
    },
    Note: { owner: ({ ownerId }, _args, { accounts }) => accounts.find(ownerId) },
    User: { notes: ({ id }) => notes.filter(({ ownerId }) => ownerId === id) },
    Mutation: {
      addNote: (_parent, { text }, { viewer }) => {
        const note = { id: String(notes.length), ownerId: viewer.id, text };
        notes.push(note);
        return note;
      },
      promote: (_parent, { id }, { accounts }) => accounts.setRole(id, 'MODERATOR'),
      promoteAsServer: (_parent, { id }, { accounts }) => accounts.asServer('a test').setRole(id, 'MODERATOR'),
    },
  },
  policies: { ownsNote: (note, _args, { viewer }) => viewer.kind === 'account' && viewer.id === note.ownerId },
  setup: async ({ env }) => ({
    motto: `hello ${env['WHO']}`,
    [Symbol.asyncDispose]: async () => void closed.push('disposed'),
  }),
  context: async ({ viewer }) => {
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
const test = testWithServer({ ...adminEnv, WHO: 'world' }, { own });

describe('an API of your own', () => {
  test('its fields are answered beside those of the server, guarded by the same rules', async ({ server, admin }) => {
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

  test('the context is made once for an operation that selects one of its fields, and never for another or a refused one', async ({
    server,
  }) => {
    contexts.length = 0;
    await server.gql('{ hello }');
    await server.gql('{ notes { id } }');
    expect(contexts).toEqual([]);
    await server.gql('{ a: motto b: motto }');
    expect(contexts).toHaveLength(1);
  });

  test('what it refuses reaches the client, what it throws is masked', async ({ server }) => {
    const ask = (how: string) => server.gql('query ($how: String!) { broken(how: $how) }', { variables: { how } });
    for (let run = 0; run < 6; run += 1) {
      expect((await ask('refuse')).errors?.[0]?.extensions).toEqual({ code: 'OUT_OF_STOCK', field: 'how' });
      expect((await ask('return')).codes).toEqual(['OUT_OF_STOCK']);
      expect((await ask('throw')).codes).toEqual(['INTERNAL_SERVER_ERROR']);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test('accounts act with the rights of the caller, unless the code says that the server acts', async ({
    server,
    admin,
  }) => {
    const ada = await signup(server, newEmail());
    const promote = (field: string, token: string, selected = 'role') =>
      server.gql(`mutation ($id: ID!) { ${field}(id: $id) { id ${selected} } }`, {
        token,
        variables: { id: ada.user.id },
      });
    expect((await promote('promote', ada.accessToken)).codes).toEqual(['FORBIDDEN ROLE']);
    expect((await promote('promote', admin.accessToken)).data.promote.role).toBe('MODERATOR');
    const bob = await signup(server, newEmail());
    expect((await promote('promoteAsServer', bob.accessToken, 'name')).codes).toEqual([]);
    const events =
      '{ authEvents(filter: { types: ["role.changed"] }) { edges { node { actor { kind } metadata { name value } } } } }';
    const { data } = await server.gql(events, { token: admin.accessToken });
    expect(data.authEvents.edges[0].node).toMatchObject({ actor: { kind: 'account' } });
  });
});
