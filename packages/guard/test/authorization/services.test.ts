import { describe, expect, test } from 'vitest';
import { codesOf, schemaOf, serve } from './fixture.ts';

const typeDefs = /* GraphQL */ `
  type Order { id: ID! total: Int @auth }
  type Query {
    hello: String @public
    maybe: String @auth(optional: true)
    me: String @auth
    user: String @auth(role: USER)
    admin: String @auth(role: ADMIN)
    orders: Order @auth(scopes: [["read"], ["all"]])
    both: String @auth(scopes: [["read"]]) @auth(role: USER)
    asked: String @auth(policy: "never")
  }
  type Mutation {
    order: String @auth(scopes: [["write"]])
    rename: String @auth
  }
`;

const setUp = () => {
  const ran: string[] = [];
  const says = (name: string) => () => {
    ran.push(name);
    return name === 'orders' ? { id: '1', total: 7 } : name;
  };
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, says(name)]));
  const schema = schemaOf(
    typeDefs,
    {
      Query: named(['hello', 'maybe', 'me', 'user', 'admin', 'orders', 'both', 'asked']),
      Mutation: named(['order', 'rename']),
    },
    { never: () => true },
  );
  return { ...serve(schema), ran };
};

describe('a service, which has only scopes', () => {
  const token = 'service:read';

  test('reads what is public or optional, and what a rule allows for one of its scopes', async () => {
    const { data } = await setUp().ask('{ hello maybe orders { id } }', { token });
    expect(data).toEqual({ hello: 'hello', maybe: 'maybe', orders: { id: '1' } });
  });

  test.each([
    ['me', 'FORBIDDEN/ACCOUNT'],
    ['asked', 'FORBIDDEN/ACCOUNT'],
    ['user', 'FORBIDDEN/ROLE'],
    ['admin', 'FORBIDDEN/ROLE'],
    ['both', 'FORBIDDEN/ROLE'],
    ['orders { total }', 'FORBIDDEN/ACCOUNT'],
  ])('does not meet a rule about people: %s', async (field, code) => {
    const { ask, ran } = setUp();
    const answer = await ask(`{ hello ${field} }`, { token });
    expect(codesOf(answer)).toEqual([code]);
    expect(answer.data).toMatchObject({ hello: 'hello' });
    expect(ran.filter((name) => !['hello', 'orders'].includes(name))).toEqual([]);
  });

  test.each(['service:', 'service:rea', 'service:write', 'service:READ'])(
    'is refused without the required scope: %s',
    async (other) => {
      const { ask, ran } = setUp();
      const answer = await ask('{ orders { id } }', { token: other });
      expect([answer.status, codesOf(answer)]).toEqual([403, ['FORBIDDEN/SCOPE']]);
      expect(ran).toEqual([]);
    },
  );

  test('runs a mutation as a whole or not at all', async () => {
    const { ask, ran } = setUp();
    const refused = await ask('mutation { order rename }', { token: 'service:write' });
    expect([refused.status, codesOf(refused), ran]).toEqual([403, ['FORBIDDEN/ACCOUNT'], []]);
    expect((await ask('mutation { order }', { token: 'service:write' })).data).toEqual({ order: 'order' });
  });
});
