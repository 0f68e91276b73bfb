import { schemaOf } from './fixture.ts';

/** The value of guarded fields. No response to a caller who is denied may contain it. */
export const secretValue = 'SECRET_VALUE';

const typeDefs = /* GraphQL */ `
  interface Node { id: ID! secret: String }
  type A implements Node @auth(role: ADMIN) { id: ID! secret: String }
  type B implements Node { id: ID! secret: String @auth(role: USER) }
  type Pub { id: ID! }
  union U = A | Pub

  interface Twin { secret: String }
  type Left implements Twin { secret: String @auth(role: ADMIN) }
  type Right implements Twin { secret: String @auth(role: ADMIN) }

  interface Sealed @auth(role: ADMIN) { word: String }
  type Seal implements Sealed { word: String }
  interface HasPin { pin: String @auth(role: ADMIN) number: String }
  type Card implements HasPin { pin: String number: String }
  interface Open { text: String @public }
  type Closed implements Open { text: String @auth(role: ADMIN) }

  scalar Iban @auth(role: ADMIN)
  enum Grade @auth(role: ADMIN) { LOW HIGH }
  type Over @auth(role: ADMIN) { pub: String @auth(role: USER) }
  type Strict { id: ID! nn: String! @auth(role: ADMIN) }
  type Account { id: ID! secret: String @auth(role: ADMIN) mine: String @auth(optional: true)
    twin: Account
    }
  type Extended { word: String }
  extend type Extended @auth(role: ADMIN)

  type Query {
    hello: String! @public
    maybe: String @auth(optional: true)
    me: Account @auth
    admin: String @auth(role: ADMIN)
    scoped: String @auth(scopes: [["a", "b"], ["c"]])
    node: Node @public
    nodes: [Node] @public
    entities: [Node!] @public
    twin: Twin @public
    u: [U] @public
    whole: A @public
    sealed: Sealed @public
    seal: Seal @public
    card: Card @public
    open: Open @public
    iban: Iban @public
    ibans: [Iban!] @public
    grade: Grade @public
    over: Over @public
    strict: [Strict] @public
    account: Account @public
  }
  extend type Query { late: String @auth(role: ADMIN) extended: Extended @public }

  type Mutation {
    signup: Account! @public
    login: Account! @public
    write: String @auth(role: ADMIN)
    find: U @public
  }
  type Subscription {
    ticks: Int @auth(role: ADMIN)
    open: Int @public
    found: U @public
  }
`;

/** Returns a schema with every kind of route to a guarded field, and the log of the resolvers that ran. */
export const createSampleSchema = () => {
  const ran: string[] = [];
  const says =
    <T>(name: string, value: T) =>
    (): T => {
      ran.push(name);
      return value;
    };
  const secret = says('secret', secretValue);
  const a = { __typename: 'A', id: 'a' };
  const b = { __typename: 'B', id: 'b' };
  const account = { id: '1' };
  const source = (name: string) => ({
    subscribe: async function* () {
      ran.push(name);
      yield { ticks: 1, open: 1, found: a };
    },
  });
  const schema = schemaOf(typeDefs, {
    A: { secret },
    B: { secret },
    Left: { secret },
    Right: { secret },
    Seal: { word: secret },
    Card: { pin: secret, number: () => '4' },
    Closed: { text: secret },
    Over: { pub: secret },
    Strict: { nn: secret },
    Account: { secret, mine: says('mine', 'mine') },
    Extended: { word: secret },
    Query: {
      hello: () => 'hello',
      maybe: says('maybe', 'maybe'),
      me: says('me', account),
      admin: says('admin', secretValue),
      scoped: says('scoped', secretValue),
      node: () => a,
      nodes: () => [a, b],
      entities: () => [a, b],
      twin: () => ({ __typename: 'Left' }),
      u: () => [a, { __typename: 'Pub', id: 'pub' }],
      whole: says('whole', a),
      sealed: says('sealed', { __typename: 'Seal' }),
      seal: says('seal', {}),
      card: () => ({}),
      open: () => ({ __typename: 'Closed' }),
      iban: says('iban', secretValue),
      ibans: says('ibans', [secretValue]),
      grade: says('grade', 'HIGH'),
      over: says('over', {}),
      strict: () => [{ id: '1' }, { id: '2' }],
      account: () => account,
      late: says('late', secretValue),
      extended: says('extended', {}),
    },
    Mutation: {
      signup: says('signup', account),
      login: says('login', account),
      write: says('write', secretValue),
      find: says('find', a),
    },
    Subscription: { ticks: source('ticks'), open: source('open'), found: source('found') },
  });
  return { schema, ran };
};
